"""What records of doubt say: how well a swapped line is ranked, and what is told at a threshold.

Knows records and numbers; knows no model.
"""

from collections.abc import Callable, Sequence

import numpy as np
from rich.table import Table

from fillwright.engine.evaluation.doubt import DoubtRecord, Look

Scores = Callable[[Look], Sequence[float]]
"""Of each line of a body; the highest is the most doubtful."""
FIRSTS = (1, 3)


def chance_among_first(line: int, scores: Sequence[float], count: int) -> float:
    """How likely a line is among the `count` with the highest scores, equal ones in any order."""
    higher = sum(score > scores[line] for score in scores)
    equal = sum(score == scores[line] for score in scores)
    return min(1.0, max(0.0, (count - higher) / equal))


def area_under_curve(positive: Sequence[float], negative: Sequence[float]) -> float:
    """How likely a positive score is above a negative one, equal ones half the time (Mann and
    Whitney): the area under the ROC curve."""
    ranked = np.sort(np.asarray(negative))
    below, not_above = (np.searchsorted(ranked, positive, side=side) for side in ("left", "right"))
    return float((below + not_above).mean() / 2 / len(ranked))


def doubt_table(records: Sequence[DoubtRecord], gain: float) -> Table:
    """For a terminal, rows for each ranking: lines by their least likely token, by how much
    likelier another is, by what a change of them gains; and what is told from `gain` nats on.
    Shares in percent."""
    shown = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1))
    ranks = ("line first", "in 3", "AUC")
    tells = ("found", "put right", "alarms per 100 lines")
    for name in ("ranked", "items", "lines", *ranks, *tells, "p50 ms"):
        shown.add_column(name, justify="left" if name == "ranked" else "right")
    for arm in dict.fromkeys(record.arm for record in records):
        own = [record for record in records if record.arm == arm]
        lines = sum(len(record.swapped.code) for record in own) / len(own)
        counts = str(len(own)), f"{lines:.1f}"
        shown.add_row(arm, *counts, *_ranked(own, lambda look: look.lines))
        shown.add_row(f"{arm}, by odds", *counts, *_ranked(own, lambda look: look.odds))
        took = sorted(record.untouched.ms for record in own)
        told = *_told(own, gain), f"{took[len(took) // 2]:.0f}"
        shown.add_row(f"{arm}, by gain", *counts, *_ranked(own, Look.by_gain), *told)
    return shown


def _ranked(records: Sequence[DoubtRecord], scores: Scores) -> tuple[str, ...]:
    firsts = (
        np.mean([chance_among_first(each.line, scores(each.swapped), count) for each in records])
        for count in FIRSTS
    )
    swapped = [scores(each.swapped)[each.line] for each in records]
    untouched = [
        scored[line]
        for scored, code in ((scores(each.untouched), each.untouched.code) for each in records)
        for line in code
    ]
    return *(
        f"{100 * first:.1f}" for first in firsts
    ), f"{area_under_curve(swapped, untouched):.3f}"


def _told(records: Sequence[DoubtRecord], gain: float) -> tuple[str, ...]:
    told = [[place for place in each.swapped.places if place.gain >= gain] for each in records]
    found = [
        any(place.line == each.line for place in places)
        for each, places in zip(records, told, strict=True)
    ]
    right = [any(place.restores for place in places) for places in told]
    alarms = sum(place.gain >= gain for each in records for place in each.untouched.places)
    lines = sum(len(each.untouched.code) for each in records)
    return (
        f"{100 * np.mean(found):.1f}",
        f"{100 * np.mean(right):.1f}",
        f"{100 * alarms / lines:.1f}",
    )
