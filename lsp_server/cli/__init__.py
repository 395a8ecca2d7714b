"""The command line: `fillwright fill`, `setup`, `doctor`, `engine`, `serve`.

Knows terminals and files; knows no LSP types.
"""
