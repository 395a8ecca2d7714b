"""The settings, their defaults, and how they are read and merged.

Knows not where they come from.
"""
