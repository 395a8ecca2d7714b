"""Token ids of one hole -> the text an editor shows while it settles.

Knows the tokenizer's spelling; knows nothing of models.
"""

from collections.abc import Iterable, Sequence

from fillwright.engine.infill.tokens.tokenizer import Spelling

Ranges = tuple[tuple[int, int], ...]


def settled_ranges(spelling: Spelling, accepted: Sequence[bool], kept: range) -> Ranges:
    """The half-open ranges of settled characters, counted from the start of `kept` and none
    outside it. A character is settled when every token it is made of was accepted."""
    ranges: list[tuple[int, int]] = []
    start, sure = 0, True
    for end, settled in zip(spelling.ends, accepted, strict=True):
        sure = sure and settled
        if end == start:
            continue
        if sure:
            ranges.append((start, end))
        start, sure = end, True
    clipped = ((max(a, kept.start), min(b, kept.stop)) for a, b in ranges)
    return _merged((a - kept.start, b - kept.start) for a, b in clipped if a < b)


def settled_tokens(
    spelling: Spelling, accepted: Sequence[bool], confidences: Sequence[float], kept: range
) -> tuple[tuple[int, int, float], ...]:
    """Where each settled token begins and ends, counted from the start of `kept`, and its
    probability; as much of it as lies in there."""
    begins = (0, *spelling.ends)
    found = zip(begins, spelling.ends, accepted, confidences, strict=False)
    clipped = (
        (max(begin, kept.start) - kept.start, min(end, kept.stop) - kept.start, sure)
        for begin, end, settled, sure in found
        if settled
    )
    return tuple((begin, end, round(sure, 3)) for begin, end, sure in clipped if begin < end)


def settled_ids(spelling: Spelling, ranges: Ranges) -> tuple[bool, ...]:
    """Which ids spell settled characters and no others: the reverse of `settled_ranges`. An id that
    spells nothing is not settled."""
    begins = (0, *spelling.ends)
    return tuple(
        any(a <= begin < end <= b for a, b in ranges)
        for begin, end in zip(begins, spelling.ends, strict=False)
    )


def _merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    merged: list[tuple[int, int]] = []
    for start, end in ranges:
        if merged and merged[-1][1] == start:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return tuple(merged)
