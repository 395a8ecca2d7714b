"""Holes filled by models whose only noise is a mask token, and which see both sides at once: Dream,
DreamOn and their kin. They write no causal drafts, so nothing here drafts, rescores or remembers.

Knows text and ids; no sockets, editors or files but a checkpoint's.
"""
