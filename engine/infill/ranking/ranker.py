"""What ranks candidates for one hole: the seam between writing and choosing.

Knows ids; knows not how a candidate was written, nor how it is ranked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fillwright.engine.infill.hypotheses import Beams, Hypothesis, Sample
from fillwright.engine.infill.state import Ids, Task, Written


@dataclass(frozen=True, slots=True)
class Choice:
    """The draft that was chosen.

    Its score is `margin` nats above the next, and `near` were near enough to it to be compared.
    """

    draft: Hypothesis
    margin: float
    near: int


class Ranker(Protocol):
    """Scores candidates of one request. Where there are several holes, only `better` is asked."""

    def is_decided(self, beams: Beams) -> bool:
        """Whether an end without defects scores higher than whatever might still come."""

    def best(self, beams: Beams, cut_short: bool = False) -> Choice:
        """The beam with the fewest defects and then the highest score. `cut_short`: they were not
        given the time to end."""

    def have_same_text(self, one: Hypothesis, other: Hypothesis) -> bool:
        """Whether two drafts differ in their tokens, or in white space at their ends, only."""

    def adds_nothing(self, draft: Hypothesis) -> bool:
        """Whether a draft is what its hole must begin and end with, and no more."""

    def is_clean(self, draft: Hypothesis) -> bool:
        """Whether a draft has ended and has no defects."""

    def cleanest(self, samples: Sequence[Sample], cut_short: bool = False) -> Hypothesis:
        """Of the samples, and of what each was before a further line, the one with the fewest
        defects. `cut_short` as for `best`."""

    def likeliest(self, blocks: Sequence[Ids], task: Task) -> Hypothesis:
        """Of blocks that nobody drafted, at least one, the one with the fewest defects, as a draft
        that has ended."""

    def has_no_more_defects(self, one: Hypothesis, other: Hypothesis) -> bool:
        """Whether the one draft has no more defects than the other."""

    def has_left(self, ids: Ids) -> bool:
        """Whether a draft goes on after the end of its block, so that it has ended."""

    def is_stuck(self, ids: Ids) -> bool:
        """Whether a draft repeats itself."""

    def better(self, drafted: Written, denoised: Written, task: Task) -> Written:
        """What denoising made of a draft, or the draft where that is better."""
