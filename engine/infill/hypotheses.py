"""What drafting yields and ranking compares: hypotheses, and the evidence for the chosen one.

Knows ids and probabilities; knows no model and no text.
"""

from collections.abc import Container
from dataclasses import dataclass

from fillwright.engine.request import Precedent


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A beginning of the hole, or with an end mark all of it: token ids and log probabilities, that
    of any end mark among the latter only."""

    ids: tuple[int, ...] = ()
    log_probabilities: tuple[float, ...] = ()
    ended: bool = False

    @property
    def log_probability(self) -> float:
        return sum(self.log_probabilities)

    def then(self, token: int, log_probability: float) -> "Hypothesis":
        return Hypothesis((*self.ids, token), (*self.log_probabilities, log_probability))

    def end(self, log_probability: float) -> "Hypothesis":
        return Hypothesis(self.ids, (*self.log_probabilities, log_probability), ended=True)


@dataclass(frozen=True, slots=True)
class Beams:
    """After `passes` model passes: those that go on and those that have ended, each the most likely
    first; never both empty. `end_first` is the probability of an end mark as the first token,
    which none of them begins with."""

    live: tuple[Hypothesis, ...]
    ended: tuple[Hypothesis, ...]
    passes: int
    end_first: float = 0.0

    @property
    def best(self) -> Hypothesis:
        return max((*self.live[:1], *self.ended[:1]), key=lambda beam: beam.log_probability)


LEAST_END = -6.0
"""Nats: where an end was less likely than this, the model might not have ended. Set by hand."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A draft, and for each of its tokens the log probability of an end mark in its place, nats."""

    draft: Hypothesis
    ends: tuple[float, ...] = ()

    def cuts(self, line_ends: Container[int]) -> list[Hypothesis]:
        """What stands before each of its tokens that end a line, where the model might have ended
        too. A cut has ended if the draft has."""
        draft = self.draft
        return [
            Hypothesis(
                draft.ids[:place], (*draft.log_probabilities[:place], end), ended=draft.ended
            )
            for place, (token, end) in enumerate(zip(draft.ids, self.ends, strict=True))
            if token in line_ends and end > LEAST_END
        ]


@dataclass(frozen=True, slots=True)
class DraftedHoles:
    """Token ids per hole without end marks, each token's probability, whether every hole's end
    mark came, and how many model passes it took. Holes not reached yet are empty."""

    holes: tuple[tuple[int, ...], ...]
    confidences: tuple[tuple[float, ...], ...]
    ended: bool
    passes: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a chosen fill.

    `drafted` is its probability by every hypothesis with its text, the end mark included, and
    `nothing` that of an empty fill. The ranker prefers it by `margin` nats to the next, and `near`
    were near enough to be compared. `something` is what the probability of its beginnings, token
    by token, has to be multiplied by. `knows_project`: the project's other files had a say in all
    of these.
    """

    drafted: float
    nothing: float = 0.0
    margin: float = 0.0
    near: int = 1
    something: float = 1.0
    knows_project: bool = False
    same: Precedent | None = None
    other: Precedent | None = None
