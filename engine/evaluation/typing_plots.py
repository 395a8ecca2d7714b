"""The plots of typing, in the style of the other plots. Knows pauses; needs matplotlib."""

from collections.abc import Sequence

import matplotlib as mpl

from fillwright.engine.evaluation.plots import SERIES, SOFT, STYLE, as_svg, new_axes
from fillwright.engine.evaluation.scores import wilson
from fillwright.engine.evaluation.typed_pause import TypedPause
from fillwright.engine.evaluation.typing_summary import bins, curve, said_and_right

FEWEST = 20
"""Over fewer fills the curve's precision means nothing."""


def precision_by_coverage(pauses: Sequence[TypedPause]) -> str | None:
    """What is right of the surest whole fills, over how many pauses these are."""
    points = curve(pauses)[FEWEST - 1 :]
    if not points:
        return None
    with mpl.rc_context(STYLE):
        figure, axes = new_axes("pauses with a whole fill, %", "right, %")
        across = [100 * shown for shown, _ in points]
        axes.plot(
            across, [100 * right for _, right in points], color=SERIES[0], label="whole fills"
        )
        axes.set_xlim(0, 100)
        axes.set_ylim(0, 104)
        return as_svg(figure, axes)


def reliability(pauses: Sequence[TypedPause]) -> str | None:
    """The share of right fills over their probability, with 95 % intervals; None without any."""
    pairs = said_and_right(pauses)
    if not pairs:
        return None
    with mpl.rc_context(STYLE):
        figure, axes = new_axes("probability of the fill, %", "right, %")
        axes.plot([0, 100], [0, 100], color=SOFT, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
        said, right, below, above = [], [], [], []
        for one in bins(pairs):
            share = sum(is_right for _, is_right in one) / len(one)
            low, high = wilson(share, len(one))
            said.append(100 * sum(sure for sure, _ in one) / len(one))
            right.append(100 * share)
            below.append(100 * (share - low))
            above.append(100 * (high - share))
        intervals = (below, above)
        axes.errorbar(said, right, intervals, color=SERIES[0], marker="o", label="whole fills")
        axes.set_xlim(0, 100)
        axes.set_ylim(0, 104)
        return as_svg(figure, axes)
