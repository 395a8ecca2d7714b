"""Grammars, functions, stubs and pieces of source text, by query files and the shape of nodes.

Knows no tokens and no editors.
"""
