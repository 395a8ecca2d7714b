"""The report's plots as inline SVG that takes its colours and its font from the page.

Knows records and summaries; knows no HTML. Needs matplotlib (the extra `eval`).
"""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fillwright.engine.confidence import geometric_mean
from fillwright.engine.evaluation.journal import Record
from fillwright.engine.evaluation.scores import Share, clustered_share

SIZE = (4.3, 3.4)
MARKERS = "os^Dvp"
LENGTH_EDGES = (0, 16, 32, 64, 128)
FEWEST = 5
CONFIDENCE_BINS = 5
# one line's intervals beside another's, not on them
APART = 1.05

# drawn in these colours, which the page then replaces by its own, one set by day and one by night
COLOURS = {
    "#010101": "var(--ink)",
    "#020202": "var(--faint)",
    "#020203": "var(--soft)",
    **{f"#0300{number:02}": f"var(--series-{number})" for number in range(1, len(MARKERS) + 1)},
}
INK, FAINT, SOFT, *SERIES = COLOURS

STYLE: dict[Any, Any] = {
    "axes.edgecolor": FAINT,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "font.size": 10,
    "grid.color": FAINT,
    "grid.linewidth": 0.5,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 1.8,
    "lines.markersize": 6,
    "svg.fonttype": "none",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def score_by_steps(records: Sequence[Record], measure: str) -> str | None:
    """The score of every decode over its denoise steps; a draft, which has none, is a level.
    None when no arm was given its steps."""
    if not any(record.steps for record in records):
        return None
    with mpl.rc_context(STYLE):
        figure, axes = new_axes("denoise steps at most", f"{measure}, %")
        for number, (name, own) in enumerate(_families(records)):
            steps = sorted({record.steps for record in own if record.steps})
            if steps:
                shares = [_share([r for r in own if r.steps == count]) for count in steps]
                _series(axes, number, name, [count * APART**number for count in steps], shares)
            else:
                _level(axes, number, name, _share(own))
        ticks = sorted({record.steps for record in records if record.steps})
        axes.set_xscale("log", base=2)
        axes.set_xticks(ticks, map(str, ticks))
        axes.minorticks_off()
        return as_svg(figure, axes)


def score_by_length(records: Sequence[Record], measure: str) -> str:
    """The score over the length of what was taken out, in characters; one arm of each decode."""
    with mpl.rc_context(STYLE):
        figure, axes = new_axes("characters of the missing text", f"{measure}, %")
        first = [record for record in records if record.arm == records[0].arm]
        every = range(len(LENGTH_EDGES))
        bins = [each for each in every if len(_of_length(first, each)) >= FEWEST] or every
        for number, (name, own) in enumerate(_families(_longest(records))):
            filled = {at: part for at, each in enumerate(bins) if (part := _of_length(own, each))}
            places = [at + (APART - 1) * number for at in filled]
            _series(axes, number, name, places, [_share(part) for part in filled.values()])
        labels = [f"{_range_name(each)}\nn={len(_of_length(first, each))}" for each in bins]
        axes.set_xticks(range(len(bins)), labels)
        axes.set_xlim(-0.4, len(bins) - 0.6)
        return as_svg(figure, axes)


def calibration(records: Sequence[Record], measure: str) -> str | None:
    """The score over the confidence that the fills had; on the diagonal the model knows how sure
    it may be. None when no arm has confidences."""
    sure = [record for record in _longest(records) if record.confidences]
    if not sure:
        return None
    with mpl.rc_context(STYLE):
        figure, axes = new_axes("confidence of the fill, %", f"{measure}, %")
        axes.plot([0, 100], [0, 100], color=SOFT, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
        for number, (name, own) in enumerate(_families(sure)):
            bins = [[r for r in own if _bin(r) == each] for each in range(CONFIDENCE_BINS)]
            filled = [each for each in bins if each]
            means = [100 * sum(map(_confidence, each)) / len(each) for each in filled]
            _series(axes, number, name, means, [_share(each) for each in filled])
        axes.set_xlim(0, 100)
        axes.set_ylim(0, 104)
        return as_svg(figure, axes)


def calibration_error(records: Sequence[Record]) -> float | None:
    """The expected calibration error in [0, 1]: how far confidence and score lie apart, averaged
    over the fills (Naeini et al. 2015; equal bins). None without confidences."""
    sure = [record for record in records if record.confidences]
    if not sure:
        return None
    gaps = (
        abs(sum(map(_confidence, own)) - sum(record.passed for record in own))
        for each in range(CONFIDENCE_BINS)
        for own in [[record for record in sure if _bin(record) == each]]
    )
    return sum(gaps) / len(sure)


def _families(records: Sequence[Record]) -> list[tuple[str, list[Record]]]:
    """What belongs on one line: the arms that differ in their steps alone."""
    families: dict[str, list[Record]] = {}
    for record in records:
        name = " ".join(filter(None, [record.decode, record.length.replace("auto", "")]))
        families.setdefault(name, []).append(record)
    return list(families.items())[: len(MARKERS)]


def _longest(records: Sequence[Record]) -> list[Record]:
    """Of each line the arm with the most steps, and no baselines."""
    return [
        record
        for name, own in _families([r for r in records if r.decode not in ("gold", "empty")])
        for most in [max(record.steps or 0 for record in own)]
        for record in own
        if (record.steps or 0) == most
    ] or list(records)


def _confidence(record: Record) -> float:
    return geometric_mean(record.confidences)


def _bin(record: Record) -> int:
    return min(CONFIDENCE_BINS - 1, int(_confidence(record) * CONFIDENCE_BINS))


def _of_length(records: Iterable[Record], number: int) -> list[Record]:
    edges = (*LENGTH_EDGES, 10**9)
    return [r for r in records if edges[number] <= len(r.gold) < edges[number + 1]]


def _range_name(number: int) -> str:
    low = LENGTH_EDGES[number]
    last = number + 1 == len(LENGTH_EDGES)
    return f"{low}+" if last else f"{low}-{LENGTH_EDGES[number + 1] - 1}"


def _share(records: Sequence[Record]) -> Share:
    return clustered_share([r.passed for r in records], [r.group for r in records])


def new_axes(across: str, up: str) -> tuple[Figure, Axes]:
    """A figure of the page's size with named axes; to be drawn in `STYLE`."""
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    return figure, axes


def _series(
    axes: Axes, number: int, name: str, places: Iterable[float], shares: Sequence[Share]
) -> None:
    values = [100 * share.value for share in shares]
    below = [100 * (share.value - share.low) for share in shares]
    above = [100 * (share.high - share.value) for share in shares]
    axes.errorbar(
        list(places),
        values,
        yerr=[below, above],
        color=SERIES[number],
        marker=MARKERS[number],
        elinewidth=1,
        capsize=2.5,
        label=name,
        clip_on=False,
    )


def _level(axes: Axes, number: int, name: str, share: Share) -> None:
    axes.axhline(
        100 * share.value, color=SERIES[number], linestyle=(0, (5, 2)), linewidth=1.6, label=name
    )


def as_svg(figure: Figure, axes: Axes) -> str:
    """The figure in the page's own colours, with a legend."""
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.15), ncols=3, fontsize=10)
    text = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": axes.get_xlabel()}):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    for drawn, shown in COLOURS.items():
        svg = svg.replace(drawn, shown)
    return svg
