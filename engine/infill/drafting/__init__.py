"""Causal drafts of a hole: greedy, by beams, sampled, and the best of several.

Knows ids and the model; of text only what a hole must begin and end with.
"""
