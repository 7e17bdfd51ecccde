"""One module a family of claims; importing this package registers them all."""
