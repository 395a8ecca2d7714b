"""Finds where a fill goes on to repeat the text after its hole. Knows characters only."""

OPENING = {")": "(", "]": "[", "}": "{"}
QUOTES = "\"'`"
SHORTEST_LINE = 4
LOOKED_AT = 2000
"""Characters. Shorter lines are the same by chance, and no fill repeats more than that."""


def overlap_start(before: str, fill: str, after: str) -> int:
    """The length of `fill` without an end that `after` repeats.

    Two kinds are cut. One is a whole line that `after` begins with, and what follows it, wherever
    in the fill it starts. The other are closing brackets or quotes that leave those of `after`
    nothing to close.
    """
    before, after = before[-LOOKED_AT:], after[:LOOKED_AT]
    end = _repeated_line(fill, after)
    return end - _repeated_closers(before, fill[:end], after.split("\n", 1)[0])


def _repeated_line(fill: str, after: str) -> int:
    """Where the first line of `after` that is not blank stands in the fill, or the fill's end."""
    space = after[: len(after) - len(after.lstrip())]
    following = after[space.rfind("\n") + 1 :].split("\n", 1)[0].rstrip()
    if "\n" not in space or len(following.strip()) < SHORTEST_LINE:
        return len(fill)
    start = 0
    for line in fill.split("\n"):
        if start and line.rstrip() == following:
            end = len(fill[:start].rstrip())
            # blank lines that `after` lacks stay
            for _ in range(fill.count("\n", end, start) - space.count("\n")):
                end = fill.index("\n", end) + 1
            return end
        start += len(line) + 1
    return len(fill)


def _repeated_closers(before: str, fill: str, rest: str) -> int:
    """How many of the last characters of `fill` the `rest` of the line repeats, and must."""
    for length in range(min(len(fill), len(rest)), 0, -1):
        end, kept = fill[-length:], fill[:-length]
        closes = end[0] in OPENING or end[0] in QUOTES
        if closes and rest.startswith(end) and _must_go(before, kept, end, rest):
            return length
    return 0


def _must_go(before: str, kept: str, end: str, rest: str) -> bool:
    return _faults(before + kept + rest) < _faults(before + kept + end + rest)


def _faults(text: str) -> int:
    """How many brackets close nothing and how many strings end with their line."""
    opened: list[str] = []
    faults = 0
    escaped = False
    for character in text + "\n":
        inside = bool(opened) and opened[-1] in QUOTES
        if escaped:
            escaped = False
        elif inside and character in (opened[-1], "\n"):
            faults += character == "\n"
            opened.pop()
        elif inside:
            escaped = character == "\\"
        elif character in QUOTES or character in OPENING.values():
            opened.append(character)
        elif character in OPENING:
            if opened and opened[-1] == OPENING[character]:
                opened.pop()
            else:
                faults += 1
    return faults
