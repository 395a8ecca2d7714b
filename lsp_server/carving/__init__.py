"""From a place to a hole: the body of a function, the rest of a line, a selection, a docstring.

Knows syntax trees; knows no answers of the engine and no LSP types.
"""
