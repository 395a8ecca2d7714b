"""What the encoder reads before a canvas, one file per kind of model.

Knows no canvases and no grammar.
"""
