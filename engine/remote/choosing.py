"""Chooses among several fills of one hole by what can be seen without a model: whether they parse
where they stand, leave no names loose, were not cut, and how many say the same.

Knows text and grammars; knows no server.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fillwright.engine.infill.ranking.plausibility import Filled, Neighbourhood
from fillwright.engine.remote.take import Take
from fillwright.engine.request import InfillRequest


@dataclass(frozen=True, slots=True)
class Against:
    """What speaks against a fill, in this order. `faults` are those that the text around the hole
    has not by itself, `name_faults` those that the best of the others has not. `disagreed` is the
    share of the text after the hole that the model would have written otherwise."""

    is_empty: bool
    faults: int
    is_cut: bool
    is_unfinished: bool
    name_faults: int
    duplicates_a_line: bool
    disagreed: float = 0.0

    @property
    def count(self) -> int:
        """How many kinds of it there are, as far as they mean something without comparison; an
        empty fill is no fault."""
        return sum(
            map(bool, (self.faults, self.is_cut, self.is_unfinished, self.duplicates_a_line))
        )

    @property
    def order(self) -> tuple[float, ...]:
        return (
            *(self.is_empty, self.faults, self.is_cut, self.is_unfinished),
            *(self.name_faults, self.duplicates_a_line, self.disagreed),
        )


def ranked(request: InfillRequest, takes: Sequence[Take]) -> list[tuple[Take, Against]]:
    """The best first; of those that are alike the one that more others agree with, then the one
    that was asked for first."""
    around = Neighbourhood.of(request.document, request.holes[0], request.language)
    filled = [around.with_fill(take.fill) for take in takes]
    before = _faults_before(around) if any(found and found.faults for found in filled) else 0
    # nothing to compare with: it takes longer than everything else here
    alone = len(takes) == 1
    loose = [0 if alone or not found else found.name_faults for found in filled]
    every = [
        (take, _against(take, found, before, ends - min(loose)))
        for take, found, ends in zip(takes, filled, loose, strict=True)
    ]
    said = [take.fill.strip() for take in takes]
    return sorted(every, key=lambda pair: (pair[1].order, -said.count(pair[0].fill.strip())))


def _faults_before(around: Neighbourhood) -> int:
    """What is wrong without the lines that the hole is in."""
    above = around.before[: around.before.rfind(b"\n") + 1]
    line_end = around.after.find(b"\n")
    below = around.after[line_end:] if line_end >= 0 else b""
    rest = replace(around, before=above, after=below).with_fill("")
    return rest.faults if rest else 0


def _against(take: Take, filled: Filled | None, faults_before: int, name_faults: int) -> Against:
    return Against(
        is_empty=not take.fill.strip(),
        faults=max(0, filled.faults - faults_before) if filled else 0,
        is_cut=take.is_cut,
        is_unfinished=not take.has_ended,
        name_faults=name_faults,
        duplicates_a_line=filled.duplicates_a_line if filled else False,
        disagreed=1 - take.agreed,
    )
