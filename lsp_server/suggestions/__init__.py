"""What appears while someone types: when to ask, what to show, when to be quiet and why.

Knows no LSP types.
"""
