"""What the user's own code has to say beside a server's model: what stood between such contexts
before, and which of its pieces the model should see.

Reads it with the embedded model's tokenizer, whose loading is all that it takes of that. Knows text
and tokens; knows no server.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from pathlib import Path
from threading import Lock

from fillwright.engine.infill.far_parts import FarParts
from fillwright.engine.infill.first_draft import first_draft
from fillwright.engine.infill.precedents import precedents_of
from fillwright.engine.infill.prompts.sides import suffix_ids
from fillwright.engine.infill.ranking.calibration import Calibrations, PrecedentCalibration
from fillwright.engine.infill.text.seams import Seams
from fillwright.engine.infill.text.windows import WINDOW_CHARACTERS_PER_TOKEN
from fillwright.engine.infill.tokens.constraints import Constraints
from fillwright.engine.infill.tokens.healing import Edges
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.memory.evidence import Precedents
from fillwright.engine.memory.masking import MASK
from fillwright.engine.memory.remembered import Remembered
from fillwright.engine.memory.similar import Piece, most_similar
from fillwright.engine.request import Draft, InfillRequest, Snippet

SIMILAR_SHARE = 0.5
"""Of the context, at most; set by hand."""
LOOKED_AT = 30
"""Tokens on each side of the hole's line that pieces are compared with: docs/measurements-log.md,
"Pieces of the project"."""
LONGEST_LINE = 60
"""Tokens before a piece that are read to find where its first line begins."""


@dataclass(eq=False)
class OwnCode:
    """`calibration` is that of precedents, whatever a model says. May be asked by several
    threads."""

    tokenizer: CodeTokenizer
    calibration: PrecedentCalibration
    remembered: Remembered = field(init=False)
    _far_parts: FarParts = field(init=False)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.remembered = Remembered(self.tokenizer.encode, len(self.tokenizer.texts))
        self._far_parts = FarParts(self.tokenizer)

    @classmethod
    def of_checkpoint(cls, folder: Path) -> "OwnCode":
        """With the tokenizer and the calibration of a checkpoint. Raises CheckpointError."""
        tokenizer = CodeTokenizer.from_checkpoint(folder)
        return cls(tokenizer, Calibrations.of_checkpoint(folder).precedent)

    def around(self, request: InfillRequest) -> "Surroundings":
        """Of a request's only hole."""
        seams = Seams.of(request, self.tokenizer.starts_a_token, ends_in_words=True)
        end_marks = self.tokenizer.line_ends if seams.one_line else ()
        edges = Edges(self.tokenizer, seams.leads[0], seams.ending)
        hole = Constraints(request.budget.tokens, end_marks, edges)
        project = self.remembered.stores(request.workspace, request.file_key)
        with self._lock:
            precedents = precedents_of(self.tokenizer, self._far_parts, seams, hole, project)
        return Surroundings(self, request, seams, precedents)


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Where one hole is in the user's code."""

    own_code: OwnCode
    request: InfillRequest
    seams: Seams
    precedents: Precedents

    @cached_property
    def first(self) -> Draft | None:
        """What stood between such contexts before; needs no server. Of a block there is none."""
        if self.request.shape == "block":
            return None
        known, tokens = self.own_code, self.request.budget.tokens
        return first_draft(self.precedents, known.tokenizer, self.seams, known.calibration, tokens)

    @cached_property
    def context(self) -> tuple[Snippet, ...]:
        """What the model should see of other places: what is most similar last, and before it as
        much of the request's own context as there is room for."""
        room = self.request.similar
        similar = self._similar(int(room * SIMILAR_SHARE)) if room else ()
        if not similar:
            return self.request.context
        room -= sum(len(snippet.text) for snippet in similar)
        kept = list[Snippet]()
        for snippet in reversed(self.request.context):
            room -= len(snippet.text)
            if room < 0:
                break
            kept.append(snippet)
        return (*reversed(kept), *similar)

    def _similar(self, characters: int) -> tuple[Snippet, ...]:
        """The pieces of the project's other files that are most like what is around the hole, at
        most so many characters, the most similar last. Typing within a line changes none."""
        lines = self.seams.prefix[: self.seams.prefix.rfind("\n") + 1]
        before = self.own_code.tokenizer.encode(lines[-LOOKED_AT * WINDOW_CHARACTERS_PER_TOKEN :])
        around = [*before[-LOOKED_AT:], *self._after]
        found = list[Snippet]()
        for piece in most_similar(self.precedents.project, around):
            snippet = self._shown(piece)
            characters -= len(snippet.text)
            if characters < 0:
                break
            found.append(snippet)
        return tuple(reversed(found))

    @cached_property
    def _after(self) -> list[int]:
        return suffix_ids(self.own_code.tokenizer, self.seams.suffix, LOOKED_AT)

    def _shown(self, piece: Piece) -> Snippet:
        """The lines that begin in it or before, and end in it, by the last two parts of its file's
        name."""
        begun = self._text(piece.tokens_before(LONGEST_LINE)).rpartition("\n")[2]
        text = begun + self._text(piece.tokens)
        if not piece.is_last:
            text = text[: text.rfind("\n") + 1]
        name = piece.store.names[piece.stream]
        return Snippet("/".join(name.split("/")[-2:]), text.strip("\n"))

    def _text(self, tokens: Sequence[int]) -> str:
        """With a mask where something is left out."""
        separator = len(self.own_code.tokenizer.texts)
        runs = groupby(tokens, lambda token: token == separator)
        decode = self.own_code.tokenizer.decode
        return "".join(MASK if is_gap else decode(ids) for is_gap, ids in runs)
