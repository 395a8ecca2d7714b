"""The text around a hole and what of a fill stays: seams, overlap, repetition, windows.

Knows characters; knows no ids and no model.
"""
