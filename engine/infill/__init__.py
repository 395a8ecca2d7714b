"""Requests into fills: `Infiller` reads them, `drafting` or `denoising` writes, `ranking` chooses.

Knows no sockets, editors or files.
"""
