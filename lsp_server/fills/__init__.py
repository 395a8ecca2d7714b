"""The requests to the engine: one live per document and kind, paced, watched, remembered.

Knows no LSP types, and not what a fill looks like in its file.
"""
