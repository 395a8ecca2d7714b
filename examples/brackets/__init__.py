"""Balanced brackets of three types by the same trainer and loop: `python -m brackets`."""
