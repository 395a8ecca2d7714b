"""The user's own code, remembered: which token followed such a context, and how much that counts.

Knows no model and no files.
"""
