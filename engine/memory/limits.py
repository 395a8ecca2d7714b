"""How much of the user's own code is remembered, for the engine and its clients.

Numbers only: the language server reads them, which must stay small.
"""

LEAST_SIDE = 4
"""Tokens that must match on each side of a hole for what stood there to be a precedent: of 137
lines looked up so, 84 were right."""
FILE_BYTES = 200_000
LINE_CHARACTERS = 2_000
"""Longer files and lines are generated or minified: nobody writes on from there."""
WORKSPACE_BYTES = 20_000_000
WORKSPACE_FILES = 5_000
"""The clients keep to this number; the engine counts bytes."""
ALL_BYTES = 80_000_000
"""Of all workspaces together, however many they are. Where there is no room, one that is abandoned
is forgotten; those in which somebody works keep theirs, and a further file is not taken."""
ABANDONED_S = 150.0
"""Nobody has asked of it or spoken of it for so long; an editor speaks of its own each minute."""
LEASE_S = 900.0
"""A workspace that nobody has asked of or spoken of for so many seconds is forgotten."""
GAP = "\0"
"""Stands in a text for what was left out, a key or password: nothing is continued across it."""
