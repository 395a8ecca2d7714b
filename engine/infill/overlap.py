"""Cuts a fill where it goes on to repeat the text behind its hole. Knows characters only."""

OPENING = {")": "(", "]": "[", "}": "{"}
SHORTEST_LINE = 4


def cut_overlap(fill: str, suffix: str) -> str:
    """`fill` without an end that the suffix says again.

    Two kinds are cut: whole lines that the suffix begins with, wherever in the fill they start,
    and closing brackets that only the suffix's own can be.
    """
    return _cut_brackets(_cut_lines(fill, suffix), suffix)


def first_line(fill: str) -> str:
    """`fill` up to the end of its first line that is not empty."""
    start = len(fill) - len(fill.lstrip("\n"))
    end = fill.find("\n", start)
    return fill if end < 0 else fill[:end]


def _cut_lines(fill: str, suffix: str) -> str:
    following = next((line for line in suffix.split("\n") if line.strip()), "").rstrip()
    starts_line = suffix[: len(suffix) - len(suffix.lstrip())].count("\n") > 0
    if len(following.strip()) < SHORTEST_LINE or not starts_line:
        return fill
    lines = fill.split("\n")
    for i in range(1, len(lines)):
        if lines[i].rstrip() == following:
            return "\n".join(lines[:i]).rstrip(" \t")
    return fill


def _cut_brackets(fill: str, suffix: str) -> str:
    rest = suffix.split("\n", 1)[0]
    for length in range(min(len(fill), len(rest)), 0, -1):
        end = fill[-length:]
        if end == rest[:length] and end[0] in OPENING and _closes_too_much(fill):
            return fill[:-length]
    return fill


def _closes_too_much(text: str) -> bool:
    opened: list[str] = []
    for character in text:
        if character in OPENING.values():
            opened.append(character)
        elif character in OPENING and (not opened or opened.pop() != OPENING[character]):
            return True
    return False
