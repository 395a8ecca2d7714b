"""Single changes of a text: other ids in the place of a run of its own, and how much likelier each
makes the text as the causal head reads it.

Knows ids and the model; knows nothing of text.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fillwright.engine.infill.denoising.renoise import changed_runs
from fillwright.engine.infill.ranking.rescoring import log_likelihoods
from fillwright.engine.infill.state import Task
from fillwright.engine.model.interface import Model

AT_ONCE = 32
"""Texts that are read in one pass, so that a request can be stopped between two. Set by hand."""


@dataclass(frozen=True, slots=True)
class Change:
    """`ids` in the place of those from `start` to `end` of a text."""

    start: int
    end: int
    ids: tuple[int, ...]

    def touches(self, other: "Change") -> bool:
        """Whether both are about the same place."""
        return self.start < max(other.end, other.start + 1) and other.start < max(
            self.end, self.start + 1
        )


def changes_between(before: Sequence[int], after: Sequence[int]) -> list[Change]:
    """Each run of ids that differs, or one run of all that differs where the lengths do."""
    if len(before) == len(after):
        runs = changed_runs(before, after)
        return [Change(run.start, run.stop, tuple(after[run.start : run.stop])) for run in runs]
    shortest = min(len(before), len(after))
    start = next((at for at in range(shortest) if before[at] != after[at]), shortest)
    most = shortest - start
    tail = next((at for at in range(most) if before[-1 - at] != after[-1 - at]), most)
    return [Change(start, len(before) - tail, tuple(after[start : len(after) - tail]))]


def changed(ids: Sequence[int], changes: Iterable[Change]) -> tuple[int, ...]:
    """The text with changes that do not touch each other."""
    text = list(ids)
    for change in sorted(changes, key=lambda each: each.start, reverse=True):
        text[change.start : change.end] = change.ids
    return tuple(text)


def gains(
    model: Model, task: Task, ids: Sequence[int], changes: Sequence[Change]
) -> Iterator[float]:
    """How much likelier each change makes all of the hole's ids and the end mark after them, nats;
    of fewer changes where the task is cancelled. A pass for AT_ONCE of them."""
    texts = [tuple(ids), *(changed(ids, [change]) for change in changes)]
    task.cache.truncate(task.prompt_cached)
    before = None
    for first in range(0, len(texts), AT_ONCE):
        if task.cancelled():
            return
        some = [[*each, *task.plan.end_marks[:1]] for each in texts[first : first + AT_ONCE]]
        for found in log_likelihoods(model, task.cache, [task.prompt[-1:]] * len(some), some):
            likelihood = float(found.sum())
            if before is None:
                before = likelihood
                continue
            yield likelihood - before
