"""The engine: from requests to fills, and all that makes, keeps and measures a model.

Knows no editors and no LSP.
"""
