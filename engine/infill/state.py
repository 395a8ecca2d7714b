"""What every way to write holes is given and what it yields: a `Task` and `Written` states.

Knows ids and denoise steps; knows nothing of text.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Generator

from fillwright.engine.diffusion.denoise import Loop, Step
from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.engine.infill.hypotheses import DraftedHoles, Evidence, Hypothesis
from fillwright.engine.infill.tokens.healing import Edges
from fillwright.engine.memory.gate import Mixture
from fillwright.engine.model import DiffusionGemma, PrefixCache
from fillwright.engine.request import Length

Ids = tuple[int, ...]
Drafting = Literal["beams", "samples", "alone"]
Confidences = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What to write. `denoise` is how canvases are denoised; `cache` holds `prompt` but for its
    last token; `opening` are the known first tokens of the first hole, `edges` what it begins and
    ends with where the draft is chosen among several; per hole, `budgets` are tokens, `firsts` what
    a causal draft may begin with (none: anything) and `avoided` what its text may not, behind any
    `margins`; `between` are the known ids between, `suffix` those behind the last, as many as a
    canvas may hold (end marks at the text's end), and each of `end_marks` ends a hole. `drafting`
    is how a causal draft is made, and `memory` what else has a say where it is by beams."""

    denoise: Loop[PrefixCache]
    cache: PrefixCache
    prompt: list[int]
    opening: list[int]
    budgets: list[int]
    edges: Edges
    firsts: list[list[int]]
    avoided: list[list[int]]
    margins: frozenset[int]
    between: list[list[int]]
    suffix: list[int]
    end_marks: Ids
    drafting: Drafting
    temperature: float
    generator: Generator
    cancelled: Callable[[], bool]
    memory: Mixture | None = None

    @property
    def prompt_cached(self) -> int:
        return len(self.prompt) - 1


@dataclass(frozen=True, slots=True)
class Written:
    """The holes so far: ids without end marks, and accepted marks of the same form. The tokens'
    confidences, of the same form or longer, cost a look at every logit: ask at the end only.
    `settled`: every hole has ended and nothing would change any more. `passes`: model passes.
    `length`: how the holes found their lengths. `evidence`: what speaks for it, where it was
    chosen among drafts. `remembered`: the share that the user's own code has in its tokens."""

    holes: tuple[Ids, ...]
    accepted: tuple[tuple[bool, ...], ...]
    confidences: Callable[[], Confidences]
    settled: bool
    passes: int
    steps_left: int
    length: Length = "end-mark"
    evidence: Evidence | None = None
    remembered: float = 0.0

    @classmethod
    def empty(cls, evidence: Evidence, passes: int) -> "Written":
        """One hole in which nothing is missing."""
        return cls(((),), ((),), lambda: ((),), True, passes, 0, evidence=evidence)

    @classmethod
    def from_draft(cls, drafted: DraftedHoles, task: Task) -> "Written":
        return cls(
            drafted.holes,
            tuple((True,) * len(ids) for ids in drafted.holes),
            lambda: drafted.confidences,
            settled=drafted.ended,
            passes=drafted.passes,
            steps_left=max(0, sum(task.budgets) - drafted.passes),
        )._behind(task.opening)

    @classmethod
    def from_hypothesis(
        cls, draft: Hypothesis, passes: int, evidence: Evidence | None = None
    ) -> "Written":
        """One hole, its lead included."""
        confidences = tuple(math.exp(p) for p in draft.log_probabilities[: len(draft.ids)])
        return cls(
            (draft.ids,),
            ((True,) * len(draft.ids),),
            lambda: (confidences,),
            settled=draft.ended,
            passes=passes,
            steps_left=0,
            evidence=evidence,
        )

    @classmethod
    def from_step(
        cls,
        step: Step,
        rows: tuple[range, ...],
        settled: bool,
        opening: list[int],
        passes: int,
        canvas: int = 0,
        length: Length = "end-mark",
    ) -> "Written":
        """The `rows` that each hole has written on one `canvas` of the batch."""
        tokens, accepted = step.draft[canvas].tolist(), step.accepted[canvas].tolist()

        def confidences() -> Confidences:
            sure = step.confidence()[canvas].tolist()
            return tuple(tuple(sure[row] for row in hole) for hole in rows)

        return cls(
            tuple(tuple(tokens[row] for row in hole) for hole in rows),
            tuple(tuple(accepted[row] for row in hole) for hole in rows),
            confidences,
            settled=settled,
            passes=passes,
            steps_left=step.steps_left,
            length=length,
        )._behind(opening)

    def within(self, tokens: int) -> "Written":
        """With at most `tokens` per hole; a hole that needs them all has not ended."""
        return replace(
            self,
            holes=tuple(ids[:tokens] for ids in self.holes),
            accepted=tuple(marks[:tokens] for marks in self.accepted),
            settled=self.settled and all(len(ids) < tokens for ids in self.holes),
        )

    def after(self, done: "Written") -> "Written":
        """One hole's finished blocks `done`, and this block at work."""
        return replace(
            self,
            holes=(done.holes[0] + self.holes[0],),
            accepted=((True,) * len(done.holes[0]) + self.accepted[0],),
            confidences=lambda: (done.confidences()[0] + self.confidences()[0],),
        )

    def _behind(self, opening: list[int]) -> "Written":
        """With the first hole's known first tokens."""
        known = len(opening)

        def confidences() -> Confidences:
            first, *others = self.confidences()
            return ((1.0,) * known + first, *others)

        return replace(
            self,
            holes=((*opening, *self.holes[0]), *self.holes[1:]),
            accepted=((True,) * known + self.accepted[0], *self.accepted[1:]),
            confidences=confidences,
        )


def open_canvas(model: DiffusionGemma, task: Task, settings: DenoiseSettings) -> list[int]:
    """Bring the cache to where canvases begin; returns what they know before the first hole: the
    prompt's last token where rows are shifted, and the opening."""
    task.cache.truncate(task.prompt_cached)
    last = task.prompt[-1:]
    if settings.rows.overlap:
        return [*last, *task.opening]
    model.note(task.cache, torch.tensor(last, dtype=torch.int64, device=model.device))
    return task.opening
