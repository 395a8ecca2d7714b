"""Which part of the text around a hole is looked at, in steps that keep a prefix cache alive.

Knows lengths; no ids' meaning and no model.
"""

# characters per token stays above 1.5 in code; more text than this is never looked at
WINDOW_CHARACTERS_PER_TOKEN = 6


WINDOW_STEP = 512


TAIL_STEP = 64


def prefix_window(length: int, tokens: int) -> int:
    """Where the looked-at part of a prefix of `length` characters starts.

    Moves in steps, so that the start stays put over many keystrokes and the cache with it.
    """
    excess = length - tokens * WINDOW_CHARACTERS_PER_TOKEN
    return 0 if excess <= 0 else -(-excess // WINDOW_STEP) * WINDOW_STEP


def stable_tail(ids: list[int], budget: int) -> list[int]:
    """At most `budget` last ids; like `prefix_window`, the cut moves in steps."""
    excess = len(ids) - budget
    return ids if excess <= 0 else ids[-(-excess // TAIL_STEP) * TAIL_STEP :]


def split_lead(prefix: str) -> tuple[str, str]:
    """Split the white space that ends a prefix off, for the hole to begin with.

    A prompt that ends in a newline, an indentation or a space would cut the token that the model
    knows for it together with what follows.
    """
    kept = prefix.rstrip(" \t")
    if kept.endswith("\n"):
        kept = kept[:-1]
    return kept, prefix[len(kept) :]
