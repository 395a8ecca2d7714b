"""Where two texts differ, in whole words and operators. Knows characters only."""

import re

KINDS = re.compile(r"(?P<word>\w)|(?P<operator>[-+*/%<>=!&|^~])")


def changed_words(before: str, after: str) -> tuple[range, str]:
    """The characters of `before` that differ, and what stands there in `after`: no word and no
    operator is cut."""
    shortest = min(len(before), len(after))
    start = next((at for at in range(shortest) if before[at] != after[at]), shortest)
    most = shortest - start
    tail = next((at for at in range(most) if before[-1 - at] != after[-1 - at]), most)
    while start and _joins(before, after, start, tail):
        start -= 1
    while tail and _joins(before[::-1], after[::-1], tail, start):
        tail -= 1
    return range(start, len(before) - tail), after[start : len(after) - tail]


def _joins(before: str, after: str, start: int, tail: int) -> bool:
    """Whether the last character that the texts share goes on in the first of either change."""
    shared = _kind(before[start - 1])
    changes = (text[start : len(text) - tail] for text in (before, after))
    return shared is not None and any(change and _kind(change[0]) == shared for change in changes)


def _kind(character: str) -> str | None:
    found = KINDS.match(character)
    return found.lastgroup if found else None
