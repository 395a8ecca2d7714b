"""Finds where a fill repeats itself: weak models write the same lines, or the same piece of a line,
until their budget ends.

Knows characters only.
"""

LONGEST_REPETITION = 4
COPIES = 3
LONGEST_PIECE = 40
COPIES_IN_A_LIST = 8
"""All four were set by hand, on fills that repeated themselves."""
BRACKETS = str.maketrans({"(": "+", "[": "+", "{": "+", ")": "-", "]": "-", "}": "-"})


def repetition_start(fill: str) -> int:
    """The length of `fill` without the copies of its last lines, or of its last line's end.

    Copies are one to four lines, not all blank, that fill the end of the text at least three
    times; or a piece of a line with a letter. A piece comes three times where it opens
    brackets that it does not close, eight times else, for lists may repeat themselves. The last
    copy may be cut short. The first stays.
    """
    end = _repeated_lines(fill)
    if end < len(fill):
        return end
    line = fill.rfind("\n") + 1
    return line + _repeated_piece(fill[line:])


def _repeated_lines(fill: str) -> int:
    lines = fill.split("\n")
    for size in range(1, LONGEST_REPETITION + 1):
        start = len(lines) - 1
        while start >= size and _follows(lines, start, size, last=start == len(lines) - 1):
            start -= 1
        repeated = len(lines) - 1 - start
        copied = lines[start + 1 - size : start + 1]
        if repeated >= size * (COPIES - 1) and any(line.strip() for line in copied):
            return len("\n".join(lines[: start + 1]))
    return len(fill)


def _follows(lines: list[str], line: int, size: int, last: bool) -> bool:
    """Whether a line is the one `size` lines before it; the last may be the beginning of it."""
    if last:
        return lines[line - size].startswith(lines[line])
    return lines[line] == lines[line - size]


def _repeated_piece(line: str) -> int:
    for size in range(2, min(LONGEST_PIECE, len(line) // COPIES) + 1):
        start = len(line) - size
        while start and line[start - 1] == line[start - 1 + size]:
            start -= 1
        piece = line[start : start + size]
        signs = piece.translate(BRACKETS)
        opens = signs.count("+") > signs.count("-")
        copies = (len(line) - start) // size
        if copies >= (COPIES if opens else COPIES_IN_A_LIST) and any(c.isalpha() for c in piece):
            return start + size
    return len(line)
