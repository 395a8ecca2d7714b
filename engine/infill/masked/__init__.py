"""Holes filled by models whose only noise is a mask token: with both sides in their places (Dream,
DreamOn), or block by block after a prompt (Stable-DiffCoder, SDAR). They write no causal drafts, so
nothing here drafts, rescores or remembers.

Knows text and ids; no sockets, editors or files but a checkpoint's.
"""
