"""Denoising towards a text that meets a constraint: a guide for the loop.

After each step the hole's draft is read as text. Where that does not meet the constraint, it is
asked which beginning of it would, once what it leaves open is closed: the rows after that beginning
are renoised. Where nothing but the closers is missing, and after the last step, they are written,
and an end mark after them.

Knows ids; of text only what a `Form` says.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from fillwright.engine.diffusion.canvas import before_mark
from fillwright.engine.diffusion.guide import Guidance
from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.engine.infill.form import Form
from fillwright.engine.infill.state import Task

SURE = 0.3
"""The beginning of a draft reaches to the first token that is less probable than this."""
TRIALS = 24
"""How many texts a look between two steps may try; set by hand for some 3 ms."""
LAST_TRIALS = 240
"""The same after the last step, and for what a model server wrote. This and SURE were chosen on the
development split: docs/measurements-log.md, "Fills that parse"."""
UNFINISHED = 24
"""How many ids at the end of a full canvas may belong to what the next one ends; set by hand."""


def guided(task: Task, canvases: int = 0) -> DenoiseSettings:
    """The task's settings, with a guide where it has a form to meet; `canvases` may follow the
    first one."""
    settings = task.plan.settings
    if task.form is None:
        return settings
    guide = ConstraintGuide(task.form, settings.end_marks, tuple(task.opening), canvases)
    return replace(settings, guide=guide)


@dataclass(frozen=True)
class ConstraintGuide:
    """A diffusion.guide.Guide for canvases with one hole, `canvases` of which may follow this one.
    `opening` and `written` are the hole's ids before this canvas; `_met` is what met the constraint
    last, perhaps repaired."""

    form: Form
    end_marks: tuple[int, ...]
    opening: tuple[int, ...] = ()
    canvases: int = 0
    written: tuple[int, ...] = ()
    _met: list[list[int]] = field(default_factory=list)

    def after(self, written: Sequence[int]) -> "ConstraintGuide":
        return replace(self, written=tuple(written), canvases=self.canvases - 1, _met=[])

    def look(
        self,
        holes: Sequence[range],
        tokens: Sequence[int],
        confidence: Sequence[float],
        steps_left: int,
    ) -> Guidance:
        (hole,) = holes
        own = before_mark(tokens, hole, self.end_marks)
        ids, sure = list(tokens[own.start : own.stop]), confidence[own.start : own.stop]
        if self._is_met(ids):
            self._met[:] = [ids]
            return Guidance(tokens, [False] * len(tokens))
        if len(own) == len(hole) and self.canvases > 0 and self._goes_on(ids):
            return Guidance(tokens, [False] * len(tokens))
        found = self._repaired(ids, sure, steps_left, len(hole))
        if found is None:
            return Guidance(tokens, [False] * len(tokens))
        kept, repaired = found
        self._met[:] = [repaired]
        # where all of the draft is kept, only what closes it is missing
        if steps_left and kept < len(ids):
            wrong = range(hole.start + kept, own.stop)
            return Guidance(tokens, [row in wrong for row in range(len(tokens))])
        row = [*repaired, *self.end_marks[:1] * (len(hole) - len(repaired))]
        tokens = [*tokens[: hole.start], *row, *tokens[hole.stop :]]
        return Guidance(tokens, [False] * len(tokens))

    def _is_met(self, ids: Sequence[int]) -> bool:
        return self.form.is_met([*self.opening, *self.written, *ids])

    def _goes_on(self, ids: list[int]) -> bool:
        """Whether only the end of a canvas keeps the draft from meeting the constraint, so that
        the next canvas may make it good."""
        shorter = range(len(ids) - 1, max(0, len(ids) - UNFINISHED), -1)
        return any(self._is_met(ids[:end]) for end in shorter)

    def _repaired(
        self, ids: list[int], sure: Sequence[float], steps_left: int, room: int
    ) -> tuple[int, list[int]] | None:
        """A text of at most `room` ids that meets the constraint, near the draft or, after the last
        step, what met it before, and how many first ids of the draft it keeps; None where there is
        none."""
        trials = islice(self._trials(ids, sure), TRIALS if steps_left else LAST_TRIALS)
        for kept, trial in trials:
            if len(trial) <= room and self._is_met(trial):
                return kept, trial
        met = () if steps_left else self._met
        return next(((0, each) for each in met if len(each) <= room), None)

    def _trials(self, ids: list[int], sure: Sequence[float]) -> Iterator[tuple[int, list[int]]]:
        """Beginnings of the draft, from its frontier on shorter ones and then longer ones, each
        with what may end it; then the same without tokens that only repeat the one before. Each
        with how many first ids of the draft it keeps."""
        single = [at for at, token in enumerate(ids) if not at or token != ids[at - 1]]
        for places in dict.fromkeys((tuple(range(len(ids))), tuple(single))):
            unsure = (at for at, place in enumerate(places) if sure[place] < SURE)
            frontier = next(unsure, len(places))
            for end in (*range(frontier, -1, -1), *range(frontier + 1, len(places) + 1)):
                beginning = [ids[place] for place in places[:end]]
                kept = next((at for at in range(end) if places[at] != at), end)
                for ending in self.form.endings([*self.opening, *self.written, *beginning]):
                    yield kept, [*beginning, *ending]
