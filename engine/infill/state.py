"""What every way to write holes is given and what it yields: a `Task` and `Written` states.

Knows ids and denoise steps; knows nothing of text.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from fillwright.engine.diffusion.denoise import Loop, Step
from fillwright.engine.infill.form import Form
from fillwright.engine.infill.hypotheses import DraftedHoles, Evidence, Hypothesis
from fillwright.engine.infill.plan import Plan
from fillwright.engine.infill.tokens.constraints import Constraints
from fillwright.engine.memory.gate import Mixture
from fillwright.engine.model.cache import Cache
from fillwright.engine.model.interface import Model
from fillwright.engine.request import Length
from fillwright.kernels.arrays import RandomNumbers

Ids = tuple[int, ...]
Confidences = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Start:
    """What a hole's free rows begin as: their `ids`, at least one where a canvas of before is gone
    on with, and how much noise there is in each, in [0, 1]."""

    ids: Ids
    noise: tuple[float, ...]

    @classmethod
    def of_draft(cls, ids: Ids) -> "Start":
        """All of them as they were drafted."""
        return cls(ids, (0.0,) * len(ids))

    @property
    def share(self) -> float:
        """The noise in all of them together; none where nothing was drafted."""
        return sum(self.noise) / max(1, len(self.noise))


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What to write, by a `plan`; `denoise` is how canvases are denoised.

    `cache` holds `prompt` but for its last token, `prompt_read` of whose tokens had to be read.
    `holes` are the constraints of each, and `between` the known ids between two. `opening` are the
    known first tokens of the first hole. `suffix` are the ids after the last hole, as many as a
    canvas may hold, end marks at the text's end; empty where nothing is pinned. `memory` is what
    else has a say where the draft is by beams. `stood` are blocks that stood after such a prefix
    before, where the draft is of samples. `form` is what the only hole has to spell, if that is
    asked for. `start` is what it begins as, after the opening, where a canvas of before is gone on
    with.
    """

    plan: Plan
    denoise: Loop[Cache]
    cache: Cache
    prompt: list[int]
    prompt_read: int
    opening: list[int]
    holes: tuple[Constraints, ...]
    between: list[list[int]]
    suffix: list[int]
    generator: RandomNumbers
    cancelled: Callable[[], bool]
    memory: Mixture | None = None
    stood: tuple[Ids, ...] = ()
    form: Form | None = None
    start: Start | None = None

    @property
    def prompt_cached(self) -> int:
        return len(self.prompt) - 1

    @property
    def budgets(self) -> list[int]:
        """Tokens of each hole, without the opening."""
        return [hole.budget for hole in self.holes]


@dataclass(frozen=True, slots=True)
class Written:
    """The holes so far: ids without end marks, and accepted marks of the same form.

    The tokens' `confidences`, of the same form or longer, cost a look at every logit: ask at the
    end only. `settled`: every hole has ended and nothing would change any more. `passes`: model
    passes. `length`: how the holes found their lengths. `evidence`: what speaks for it, where it
    was chosen among drafts. `remembered`: the share that the user's own code has in its tokens.
    """

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
        )._after_opening(task.opening)

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
        tokens = step.argmax_canvas[canvas].tolist()
        accepted = step.accepted_token_mask[canvas].tolist()

        def confidences() -> Confidences:
            probabilities = step.confidence()[canvas].tolist()
            return tuple(tuple(probabilities[row] for row in hole) for hole in rows)

        return cls(
            tuple(tuple(tokens[row] for row in hole) for hole in rows),
            tuple(tuple(accepted[row] for row in hole) for hole in rows),
            confidences,
            settled=settled,
            passes=passes,
            steps_left=step.steps_left,
            length=length,
        )._after_opening(opening)

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

    def _after_opening(self, opening: list[int]) -> "Written":
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


def open_canvas(model: Model, task: Task) -> list[int]:
    """Bring the cache to where canvases begin; returns what they know before the first hole: the
    prompt's last token where rows are shifted, and the opening."""
    task.cache.truncate(task.prompt_cached)
    last = task.prompt[-1:]
    if task.plan.settings.rows.overlap:
        return [*last, *task.opening]
    model.enqueue(task.cache, model.ids(last))
    return task.opening
