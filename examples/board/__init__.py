"""A small network that fills boards: places in a fixed order, each with one of a few symbols.

What a board means is not known here: `sudoku` and `brackets` say it.
"""
