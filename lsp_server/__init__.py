"""The language server and the command line. Knows no torch."""
