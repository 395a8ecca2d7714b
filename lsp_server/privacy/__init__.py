"""What the model must not see: excluded files, secret files, keys within files.

Knows no documents and no engine.
"""
