"""Finds where a fill runs in circles: weak models write the same lines until their budget ends.

Knows characters only.
"""

LONGEST_CIRCLE = 4
COPIES = 3


def circle_start(fill: str) -> int:
    """The length of `fill` without the copies of its last lines.

    A circle is one to four lines, not all blank, that fill the end of the text at least three
    times; the last copy may be cut short. The first stays.
    """
    lines = fill.split("\n")
    for size in range(1, LONGEST_CIRCLE + 1):
        start = len(lines) - 1
        while start >= size and _follows(lines, start, size, last=start == len(lines) - 1):
            start -= 1
        repeated = len(lines) - 1 - start
        circle = lines[start + 1 - size : start + 1]
        if repeated >= size * (COPIES - 1) and any(line.strip() for line in circle):
            return len("\n".join(lines[: start + 1]))
    return len(fill)


def _follows(lines: list[str], line: int, size: int, last: bool) -> bool:
    """Whether a line says what stood `size` lines before it; the last may say less."""
    if last:
        return lines[line - size].startswith(lines[line])
    return lines[line] == lines[line - size]
