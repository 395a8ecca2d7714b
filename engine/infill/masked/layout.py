"""A request as a passage of token ids, by a model's description: what is shown of the text around
the holes, how long they start, and how they are denoised.

Knows text and ids; no network.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Self

from fillwright.engine.description import ModelDescription
from fillwright.engine.diffusion.accept import Accept, Quota, Surest, Threshold
from fillwright.engine.diffusion.kept import KeptSettings
from fillwright.engine.diffusion.passage import Edits, OpenHole, Passage
from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.errors import BadRequest, CheckpointError
from fillwright.engine.infill.checkpoint import OTHER_CANDIDATES_TEMPERATURE
from fillwright.engine.infill.masked.seams import MaskSeams
from fillwright.engine.infill.text.windows import (
    WINDOW_CHARACTERS_PER_TOKEN,
    prefix_window,
    stable_tail,
)
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.request import InfillRequest

LEAST_AROUND = 32
"""Tokens of context without which no hole is filled."""
STEPS_PER_TOKEN = 4
"""A hole that expands to its limit and is then deleted takes at most so many steps."""
PREFIX_SHARE = 2 / 3


@dataclass(frozen=True, slots=True)
class Marks:
    """The special tokens' ids; `banned` are those that no fill may have."""

    mask: int
    edits: Edits
    begin: int | None
    end: int | None
    banned: tuple[int, ...]

    @classmethod
    def of(
        cls,
        tokenizer: CodeTokenizer,
        description: ModelDescription,
        vocabulary: int,
        ends: tuple[int, ...] = (),
    ) -> Self:
        """Ids from the tokenizer's names; of `vocabulary` rows that the network has, those without
        a token are banned. Where a hole's text `ends` with any of these tokens, none deletes.
        Raises CheckpointError where a token is missing."""

        def optional(name: str | int | None) -> int | None:
            return None if name is None else tokenizer.special(name)

        known = len(tokenizer.texts)
        if known > vocabulary:
            raise CheckpointError(
                f"tokenizer.json has {known} tokens, but config.json a vocab_size of {vocabulary}; "
                "the two are not of one checkpoint."
            )
        mask, expand = tokenizer.special(description.mask), optional(description.expand)
        delete = None if ends else tokenizer.special(description.delete)
        unwritten = tokenizer.special_ids | set(range(known, vocabulary))
        banned = tuple(sorted(unwritten - {mask, delete, expand, *ends}))
        begin, end = optional(description.begin), optional(description.end)
        return cls(mask, Edits(delete, expand, ends), begin, end, banned)


@dataclass(frozen=True)
class Layout:
    tokenizer: CodeTokenizer
    description: ModelDescription
    marks: Marks

    def lengths(self, request: InfillRequest) -> Iterator[int]:
        """How many tokens each hole starts with; a further one where all of the first was deleted.

        A model whose holes grow and shrink starts long. One whose holes only end has no more than
        the request's budget, and one token for the end mark.
        """
        start = self.description.lines if request.shape == "line" else self.description.bodies
        if self.marks.edits.expand is None:
            yield min(start, request.budget.tokens + 1)
            return
        yield start
        if request.shape != "line" and 2 * start * len(request.holes) <= self.context // 2:
            yield 2 * start

    def passage(self, request: InfillRequest, seams: MaskSeams, rows: int) -> Passage:
        """Holes of `rows` open tokens between the text around them, as much as the model was
        trained to see. Raises BadRequest where the text between holes leaves no room for more."""
        encode, marks = self.tokenizer.encode, self.marks
        before, *between, after = seams.pieces(self.description.holes == "whole lines")
        inner = [[*chain(*map(encode, pieces))] for pieces in between]
        holes = self._holes(rows, len(request.holes), request.budget.tokens)
        room = self.description.context - 2 - sum(map(len, inner)) - sum(h.limit for h in holes)
        if room < LEAST_AROUND:
            raise BadRequest(
                f"These holes and the text between them leave no room in the {self.context} "
                "tokens that the model sees; fill them one at a time."
            )
        first = self._before(before, int(room * PREFIX_SHARE))
        last = self._after(after, room - int(room * PREFIX_SHARE))
        begin = [] if marks.begin is None else [marks.begin]
        end = [] if marks.end is None else [marks.end]
        # with shifted rows something stands before the first hole
        first = [*begin, *first] or [self.tokenizer.special(self.description.delete)]
        return Passage(tuple(map(tuple, [first, *inner, [*last, *end]])), holes)

    def settings(self, request: InfillRequest, passage: Passage, number: int) -> KeptSettings:
        """How candidate `number` is denoised, from 0; the others are drawn at a higher
        temperature."""
        told, marks = self.description, self.marks
        limit = sum(hole.limit for hole in passage.holes)
        steps = request.budget.steps or STEPS_PER_TOKEN * limit
        return KeptSettings(
            mask=marks.mask,
            accept=accept_of(told, steps),
            measure=told.confidence,
            edits=marks.edits,
            steps=steps,
            temperature=OTHER_CANDIDATES_TEMPERATURE if number else told.temperature,
            top_p=told.top_p,
            banned=marks.banned,
            rows=RowConvention(told.rows),
            deletes_last=told.deletions == "last",
        )

    @property
    def context(self) -> int:
        return self.description.context

    def _holes(self, rows: int, count: int, budget: int) -> tuple[OpenHole, ...]:
        most = self.context // 2 // count
        limit = max(rows, min(budget, most)) if self.marks.edits.expand is not None else rows
        return (OpenHole.of_masks(rows, self.marks.mask, limit),) * count

    def _before(self, pieces: list[str], tokens: int) -> list[int]:
        """The last tokens of the pieces."""
        ids: list[int] = []
        for piece in reversed(pieces):
            seen = piece[prefix_window(len(piece), tokens) :]
            ids = self.tokenizer.encode(seen) + ids
        return stable_tail(ids, tokens)

    def _after(self, pieces: list[str], tokens: int) -> list[int]:
        """The first tokens of the pieces."""
        ids: list[int] = []
        for piece in pieces:
            ids += self.tokenizer.encode(piece[: tokens * WINDOW_CHARACTERS_PER_TOKEN])
        return ids[:tokens]


def accept_of(told: ModelDescription, steps: int) -> Accept:
    """A description's rule, for holes that are denoised in so many steps."""
    if told.accept == "threshold":
        return Threshold(told.threshold, told.per_step)
    if told.accept == "quota":
        return Quota(steps)
    return Surest(told.per_step)
