"""What the model should see of other places: signatures, imports, chunks that were visited.

Knows no engine and no LSP types.
"""
