"""Which pieces of other places a prompt has room for.

Knows text and how many tokens it has; knows no ids.
"""

from collections.abc import Callable, Sequence

from fillwright.engine.request import Snippet

HEADING = 16
"""Tokens that a prompt writes around a snippet, beside its path: more than any of ours does."""


def fitting(
    context: Sequence[Snippet], tokens: int | None, count: Callable[[str], int]
) -> tuple[Snippet, ...]:
    """The last snippets of `context` that take at most so many `tokens` together, None for all; a
    snippet is shown whole or not at all. `count` are the tokens of a text."""
    if tokens is None:
        return tuple(context)
    kept: list[Snippet] = []
    for snippet in reversed(context):
        tokens -= HEADING + count(snippet.path) + count(snippet.text)
        if tokens < 0:
            break
        kept.append(snippet)
    return tuple(reversed(kept))
