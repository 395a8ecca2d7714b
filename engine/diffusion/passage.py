"""A passage: known tokens with holes between them, whose lengths may change while it is denoised.

    texts[0] | hole 0 | texts[1] | hole 1 | ... | texts[-1]

Knows token ids and which of them stand for an edit; knows nothing of models or text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain


@dataclass(frozen=True, slots=True)
class Edits:
    """Tokens that change a hole's length. `expand` makes two open rows of one (None: nothing does).
    `delete` takes its row away, and all open rows of the hole after it (DreamOn, arXiv 2602.01326;
    for a model whose holes only end it is the end mark). Any of `ends` keeps its row, where the
    model sees it, but nothing from there on is the hole's (block-causal models)."""

    delete: int | None = None
    expand: int | None = None
    ends: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenHole:
    """`tokens` as far as they are committed, `mask` elsewhere, and the `probability` of each, 0
    where it is open. The hole never has more than `limit` tokens, and grows `expansions` times more
    at most."""

    tokens: tuple[int, ...]
    probabilities: tuple[float, ...]
    limit: int
    expansions: int

    def __post_init__(self) -> None:
        if not len(self.tokens) == len(self.probabilities) <= self.limit:
            raise ValueError("a hole has one probability per token, and no more than its limit")

    @classmethod
    def of_masks(cls, rows: int, mask: int, limit: int | None = None) -> "OpenHole":
        """`rows` open rows that may grow to `limit` (None: they may not)."""
        limit = rows if limit is None else limit
        return cls((mask,) * rows, (0.0,) * rows, limit, limit)

    def open_rows(self, mask: int, edits: Edits) -> list[int]:
        """The rows that are still to be written; none where only rows after an end are open."""
        rows = [row for row, token in enumerate(self.tokens) if token == mask]
        end = next((row for row, token in enumerate(self.tokens) if token in edits.ends), None)
        return rows if rows and (end is None or rows[0] < end) else []

    @property
    def may_grow(self) -> bool:
        return self.expansions > 0 and len(self.tokens) < self.limit

    def committed(self, tokens: dict[int, int], probabilities: dict[int, float]) -> "OpenHole":
        """With these tokens, and how likely they were, at these places."""
        return replace(
            self,
            tokens=tuple(tokens.get(i, own) for i, own in enumerate(self.tokens)),
            probabilities=tuple(probabilities.get(i, p) for i, p in enumerate(self.probabilities)),
        )

    def edited(self, was_open: Sequence[bool], mask: int, edits: Edits) -> "OpenHole":
        """After the edits that its tokens ask for; `was_open`: the rows that were masks before this
        step's commits, for a `delete` from before is text. Where several expand at once, the last
        ones do as far as there is room, and the others stay open."""
        tokens, ends = list(self.tokens), False
        for i, opened in enumerate(was_open):
            ends = ends or tokens[i] == edits.delete
            if edits.delete is not None and ends and opened:
                tokens[i] = edits.delete
        rows: list[tuple[int, float]] = []
        expansions, length = self.expansions, len(tokens)
        for i in reversed(range(len(tokens))):
            if tokens[i] == edits.delete and was_open[i]:
                length -= 1
            elif tokens[i] == edits.expand:
                grows = expansions > 0 and length < self.limit
                rows += [(mask, 0.0)] * (1 + grows)
                expansions, length = expansions - grows, length + grows
            else:
                rows.append((tokens[i], self.probabilities[i]))
        rows.reverse()
        return replace(
            self,
            tokens=tuple(token for token, _ in rows),
            probabilities=tuple(probability for _, probability in rows),
            expansions=expansions,
        )


@dataclass(frozen=True, slots=True)
class Passage:
    """Raises ValueError unless there is a text before, between and after the holes."""

    texts: tuple[tuple[int, ...], ...]
    holes: tuple[OpenHole, ...]

    def __post_init__(self) -> None:
        if len(self.texts) != len(self.holes) + 1 or not self.holes:
            raise ValueError(f"{len(self.holes)} holes have a text more around them")

    @property
    def ids(self) -> list[int]:
        holes = [hole.tokens for hole in self.holes]
        return [*chain(*chain(*zip(self.texts, holes, strict=False))), *self.texts[-1]]

    @property
    def starts(self) -> list[int]:
        """The place of each hole's first row."""
        starts, at = [], 0
        for text, hole in zip(self.texts, self.holes, strict=False):
            starts.append(at + len(text))
            at += len(text) + len(hole.tokens)
        return starts
