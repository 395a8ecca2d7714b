"""What the pauses of typed lines come to: how often something is shown, and how often it is right.

Knows pauses and numbers only.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from rich.table import Table

from fillwright.engine.evaluation.scores import Share, clustered_share
from fillwright.engine.evaluation.typed_pause import TypedPause

PRECISIONS = (0.4, 0.5, 0.6, 0.7, 0.8)
CALIBRATION_BINS = 10


@dataclass(frozen=True, slots=True)
class TypingSummary:
    """The pauses of one language, or of all. Shares in [0, 1]; those of what was shown are None
    where nothing was. `kept`: of the fills that are right without a gate, the share that is shown
    whole. `saved`: of the characters typed, those that accepting each right suggestion saves.
    `off`: the expected calibration error of the fills' probabilities, and `off_by_chance` what it
    would be on average were all of them true."""

    name: str
    pauses: int
    shown_whole: Share
    shown_beginning: Share
    right: Share | None
    right_whole: Share | None
    right_beginning: Share | None
    right_first_word: Share | None
    wrong_at_finished: Share | None
    kept: Share | None
    ungated: Share | None
    saved: float
    off: float | None
    off_by_chance: float | None
    ms_p50: float
    ms_p95: float


def summarise_typing(pauses: Sequence[TypedPause]) -> list[TypingSummary]:
    """One summary for all of the pauses, which are not none, and one for each language."""
    languages = sorted({pause.language for pause in pauses})
    of_one = [
        _summary(language, [p for p in pauses if p.language == language]) for language in languages
    ]
    return [_summary("all", pauses), *(of_one if len(of_one) > 1 else [])]


def _summary(name: str, pauses: Sequence[TypedPause]) -> TypingSummary:
    shown = [p for p in pauses if p.shown.strip()]
    asked = [p.ms for p in pauses if p.asked] or [0.0]
    p50, p95 = np.percentile(asked, [50, 95])
    return TypingSummary(
        name=name,
        pauses=len(pauses),
        shown_whole=_share(pauses, lambda p: bool(p.shown.strip()) and p.whole),
        shown_beginning=_share(pauses, lambda p: bool(p.shown.strip()) and not p.whole),
        right=_share_or_none(shown, lambda p: p.is_right),
        right_whole=_share_or_none([p for p in shown if p.whole], lambda p: p.is_right),
        right_beginning=_share_or_none([p for p in shown if not p.whole], lambda p: p.is_right),
        right_first_word=_share_or_none(shown, lambda p: p.has_right_first_word),
        wrong_at_finished=_share_or_none(
            [p for p in pauses if p.is_finished], lambda p: bool(p.shown.strip())
        ),
        kept=_share_or_none(
            [p for p in pauses if p.would_be_right], lambda p: p.whole and p.is_right
        ),
        ungated=_share_or_none([p for p in pauses if p.fill.strip()], lambda p: p.would_be_right),
        saved=saved_share(pauses),
        off=calibration_error(pauses),
        off_by_chance=chance_error(pauses),
        ms_p50=float(p50),
        ms_p95=float(p95),
    )


def saved_share(pauses: Sequence[TypedPause]) -> float:
    """Of the characters that follow the lines' first pauses, the share that need not be typed when
    each right suggestion is accepted; what it covers has no pauses any more."""
    saved = typed = 0
    for _, line in groupby(pauses, lambda pause: pause.name.rsplit(":", 1)[0]):
        left_over = None
        for pause in line:
            rest = len(pause.gold.rstrip())
            typed += rest if left_over is None else 0
            left_over = rest if left_over is None else left_over
            if pause.is_right and rest <= left_over:
                accepted = len(pause.shown.rstrip())
                saved += accepted
                left_over = rest - accepted
    return saved / typed if typed else 0.0


def said_and_right(pauses: Sequence[TypedPause]) -> list[tuple[float, bool]]:
    """The probability that the engine gave each fill which could be shown, and whether it is right;
    the surest first."""
    pairs = [
        (pause.certainty.whole, pause.would_be_right)
        for pause in pauses
        if pause.certainty is not None and pause.fill.strip()
    ]
    return sorted(pairs, key=lambda pair: -pair[0])


def calibration_error(pauses: Sequence[TypedPause]) -> float | None:
    """How far probability and share of right fills lie apart, averaged over the fills in bins of
    equal width (Naeini et al. 2015); None without probabilities."""
    pairs = said_and_right(pauses)
    if not pairs:
        return None
    gaps = (
        abs(sum(sure for sure, _ in one) - sum(right for _, right in one)) for one in bins(pairs)
    )
    return sum(gaps) / len(pairs)


def chance_error(pauses: Sequence[TypedPause]) -> float | None:
    """What the calibration error would be on average, were every probability true and every fill
    independent: a few fills are hardly ever right exactly as often as was said (Roelofs et al.
    2022). None without probabilities."""
    pairs = said_and_right(pauses)
    if not pairs:
        return None
    return sum(_chance_gap([sure for sure, _ in one]) for one in bins(pairs)) / len(pairs)


def _chance_gap(probabilities: Sequence[float]) -> float:
    """How far the number of right fills lies from what is expected, on average."""
    counts = np.ones(1)
    for sure in probabilities:
        counts = np.convolve(counts, [1 - sure, sure])
    return float(counts @ np.abs(np.arange(len(counts)) - sum(probabilities)))


def bins(pairs: Sequence[tuple[float, bool]]) -> Iterator[list[tuple[float, bool]]]:
    """The pairs by their probability, in bins of equal width that hold any."""
    for number in range(CALIBRATION_BINS):
        one = [
            p for p in pairs if min(CALIBRATION_BINS - 1, int(p[0] * CALIBRATION_BINS)) == number
        ]
        if one:
            yield one


def curve(pauses: Sequence[TypedPause]) -> list[tuple[float, float]]:
    """For every threshold on the probability of a whole fill: the share of all pauses at which one
    is shown, and of these the share that is right."""
    points, right = [], 0
    for count, (_, is_right) in enumerate(said_and_right(pauses), 1):
        right += is_right
        points.append((count / len(pauses), right / count))
    return points


def coverage_at(pauses: Sequence[TypedPause], precision: float) -> tuple[float, float]:
    """The largest share of pauses at which whole fills can be shown so that this share of them is
    right, and the share of all right fills that these are. The threshold is chosen on the same
    pauses, so a little too good."""
    points, every = curve(pauses), sum(right for _, right in said_and_right(pauses))
    reached = [(shown, right) for shown, right in points if right >= precision]
    if not reached:
        return 0.0, 0.0
    shown, right = reached[-1]
    return shown, shown * right * len(pauses) / every


def compared(first: Sequence[TypedPause], second: Sequence[TypedPause]) -> str:
    """At how many of the pauses within a line that both runs have the whole fill is right in each,
    shown or not, and how many the second won and lost."""
    before = {pause.name: pause.would_be_right for pause in first if not pause.is_finished}
    pairs = [(before[p.name], p.would_be_right) for p in second if p.name in before]
    won, lost = pairs.count((False, True)), pairs.count((True, False))
    right = sum(one for one, _ in pairs)
    return (
        f"of {len(pairs)} pauses within a line the whole fill is right at "
        f"{right + won - lost} (first run: {right}; {won} won, {lost} lost)"
    )


def at_once(pauses: Sequence[TypedPause]) -> str:
    """What stood between such contexts before and was shown until the fill came: how often, how
    often it was right, and how soon something right is there with it and without, in the median."""
    first = [p for p in pauses if p.first_shown]
    right = [p for p in pauses if p.asked and (p.is_right or p.first_is_right)]
    soon = [p.first_ms if p.first_is_right else p.ms for p in right]
    late = [p.ms for p in right]
    said = f"shown at once: at {len(first)} of {len(pauses)} pauses"
    if first:
        said += f", right at {sum(p.first_is_right for p in first)}"
    if right:
        said += (
            f"; something right is there after {np.median(soon):.0f} ms "
            f"(without: {np.median(late):.0f})"
        )
    return said


def taken_for_finished(pauses: Sequence[TypedPause]) -> str:
    """At how many of the finished lines nothing is shown because nothing seems to be missing, and
    at how many of the other pauses, where something is."""
    finished = [p.reason == "finished" for p in pauses if p.is_finished]
    others = [p.reason == "finished" for p in pauses if not p.is_finished]
    return (
        f"nothing seems to be missing at {sum(finished)} of {len(finished)} finished lines, and at "
        f"{sum(others)} of the {len(others)} other pauses"
    )


def table(summaries: Sequence[TypingSummary]) -> Table:
    """For a terminal, in percent."""
    shown = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1))
    shown.add_column("")
    for name in (
        *("pauses", "whole", "beginning", "right", "95 % CI", "whole right", "beg. right"),
        *("1st word", "at finished", "kept", "ungated", "saved", "ECE", "p50 ms", "p95 ms"),
    ):
        shown.add_column(name, justify="right", no_wrap=True)
    for one in summaries:
        interval = f"{_percent(one.right, 'low')}-{_percent(one.right, 'high')}"
        shown.add_row(
            *(one.name, str(one.pauses), _percent(one.shown_whole), _percent(one.shown_beginning)),
            *(_percent(one.right), interval, _percent(one.right_whole)),
            *(_percent(one.right_beginning), _percent(one.right_first_word)),
            *(_percent(one.wrong_at_finished), _percent(one.kept), _percent(one.ungated)),
            *(f"{100 * one.saved:.1f}", "-" if one.off is None else f"{one.off:.3f}"),
            *(f"{one.ms_p50:.0f}", f"{one.ms_p95:.0f}"),
        )
    return shown


def coverage_table(pauses: Sequence[TypedPause]) -> Table:
    """How much may be shown for how much of it right, were the threshold another one."""
    shown = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1))
    shown.add_column("right of shown, whole fills")
    for precision in PRECISIONS:
        shown.add_column(f"{100 * precision:.0f} %", justify="right")
    reached = [coverage_at(pauses, precision) for precision in PRECISIONS]
    shown.add_row("of all pauses, %", *(f"{100 * covered:.1f}" for covered, _ in reached))
    shown.add_row("of all right fills, %", *(f"{100 * kept:.1f}" for _, kept in reached))
    return shown


def _percent(share: Share | None, part: str = "value") -> str:
    return "-" if share is None else f"{100 * getattr(share, part):.1f}"


def _share(pauses: Sequence[TypedPause], holds: Callable[[TypedPause], bool]) -> Share:
    return clustered_share([holds(p) for p in pauses], [p.group for p in pauses])


def _share_or_none(
    pauses: Sequence[TypedPause], holds: Callable[[TypedPause], bool]
) -> Share | None:
    return _share(pauses, holds) if pauses else None
