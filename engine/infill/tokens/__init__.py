"""Text into ids and back, words healed at the edges of a hole.

Knows no model and no grammar.
"""
