"""The commands that have a file of their own: each adds its parser to the command line, and runs."""
