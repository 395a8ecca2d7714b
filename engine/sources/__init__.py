"""Source text to learn from and to measure on: packages from the registries, and the corpus file.

Knows no model.
"""
