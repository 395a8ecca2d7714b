"""Holes written in parallel: canvases, how long a hole is, and the ways to find that.

Knows ids and the model; no text and no grammar.
"""
