"""From a fill's text to one minimal change of the document: laid out, tried, repaired or dropped.

Knows no engine, cursor or LSP types.
"""
