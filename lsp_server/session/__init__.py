"""One editor's session: its open documents, and all that is kept and done for them.

Knows no protocol: no message types, no capabilities, no progress. Those are `lsp`'s.
"""
