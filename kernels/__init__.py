"""Tensors in, tensors out, one operation per file. Knows no models, no tokens and no text."""
