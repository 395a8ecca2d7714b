"""Token ids of holes -> the texts an editor shows while they settle.

Knows the tokenizer; knows nothing of models.
"""

from collections.abc import Sequence

from fillwright.engine.infill.tokenizer import CodeTokenizer

Ranges = tuple[tuple[int, int], ...]


def text_and_settled(
    tokenizer: CodeTokenizer, ids: Sequence[int], accepted: Sequence[bool], lead: int
) -> tuple[str, Ranges]:
    """The text of one hole's `ids` from character `lead` on, and its settled character ranges."""
    text = tokenizer.decode(list(ids))
    ranges: list[tuple[int, int]] = []
    start = 0
    for row, settled in enumerate(accepted):
        end = len(tokenizer.decode(list(ids[: row + 1])))
        if settled and end > start:
            ranges.append((max(0, start - lead), max(0, end - lead)))
        start = end
    return text[lead:], _merged(ranges)


def kept_tokens(tokenizer: CodeTokenizer, ids: Sequence[int], characters: int) -> int:
    """How many leading `ids` the first `characters` of their text take."""
    for count in range(len(ids) + 1):
        if len(tokenizer.decode(list(ids[:count]))) >= characters:
            return count
    return len(ids)


def _merged(ranges: list[tuple[int, int]]) -> Ranges:
    merged: list[tuple[int, int]] = []
    for start, end in ranges:
        if merged and merged[-1][1] == start:
            merged[-1] = (merged[-1][0], end)
        elif end > start:
            merged.append((start, end))
    return tuple(merged)
