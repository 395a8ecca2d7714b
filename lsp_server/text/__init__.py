"""Documents, positions, lines, indentation, changes of text.

Knows no holes, no engine and no LSP types.
"""
