"""How much of the user's own code is remembered, for the engine and its clients.

Numbers only: the language server reads them, which must stay small.
"""

FILE_BYTES = 200_000
LINE_CHARACTERS = 2_000
"""Longer files and lines are generated or minified: nobody writes on from there."""
WORKSPACE_BYTES = 20_000_000
WORKSPACE_FILES = 5_000
"""The clients keep to this number; the engine counts bytes."""
WORKSPACES = 4
LEASE_S = 900.0
"""A workspace that nobody has asked of or spoken of for so many seconds is forgotten."""
GAP = "\0"
"""Stands in a text for what was left out, a key or password: nothing is continued across it."""
