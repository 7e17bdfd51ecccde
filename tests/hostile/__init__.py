"""Files of weights that lie, attack or are broken, made by a script; what watches over reading them; a fuzzer."""
