"""Sudoku by the embedded model's own trainer and loop: `python -m sudoku`, in `examples`."""
