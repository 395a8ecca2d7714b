"""The report's part on typing: what is shown at pauses, how much of it is right, and whether the
probabilities are what they say.

Knows pauses, summaries and HTML; the plots are made by `typing_plots.py`.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from fillwright.engine.errors import BadRequest
from fillwright.engine.evaluation.page_table import html_table
from fillwright.engine.evaluation.scores import Share
from fillwright.engine.evaluation.typed_pause import TypedPause
from fillwright.engine.evaluation.typing_summary import TypingSummary, summarise_typing

SHOWN_SETTINGS = ("data", "lines", "model", "device", "eagerness", "seed")
SHOWN_PAUSES = 12


def typing_section(settings: dict[str, Any], pauses: Sequence[TypedPause], folder: Path) -> str:
    """One run as a section of the page. Raises BadRequest when it holds nothing yet."""
    if not pauses:
        raise BadRequest(f"{folder} holds no answers yet; let its run go on first.")
    summaries = summarise_typing(pauses)
    asked = " · ".join(f"{name} {settings[name]}" for name in SHOWN_SETTINGS if name in settings)
    return f"""<section>
<h2>Typing</h2>
<p class="asked">{escape(asked)}</p>
{_headline(summaries[0])}
{_table(summaries)}
{_by_kind(pauses)}
<div class="plots">{_plots(pauses, summaries[0])}</div>
{_examples(pauses)}
</section>"""


def _headline(every: TypingSummary) -> str:
    return (
        f'<p class="headline">{_percent(every.right)} % <small>of what is shown is right · '
        f"95 % interval {_percent(every.right, 'low')} to {_percent(every.right, 'high')} · shown "
        f"at {_percent(every.shown_whole)} % of {every.pauses} pauses whole, at "
        f"{_percent(every.shown_beginning)} % as a sure beginning</small></p>"
    )


def _table(summaries: Sequence[TypingSummary]) -> str:
    head = [
        *("language", "pauses", "whole %", "begin %", "right %", "95 % interval", "of whole %"),
        *("of begin %", "1st word %", "finished %", "kept %", "ungated %", "saved %"),
        *("p50 ms", "p95 ms"),
    ]
    rows = [
        [
            *(escape(one.name), str(one.pauses), _percent(one.shown_whole)),
            *(_percent(one.shown_beginning), f"<b>{_percent(one.right)}</b>"),
            f"{_percent(one.right, 'low')}-{_percent(one.right, 'high')}",
            *(_percent(one.right_whole), _percent(one.right_beginning)),
            *(_percent(one.right_first_word), _percent(one.wrong_at_finished)),
            *(_percent(one.kept), _percent(one.ungated), f"{100 * one.saved:.1f}"),
            *(f"{one.ms_p50:.0f}", f"{one.ms_p95:.0f}"),
        ]
        for one in summaries
    ]
    return f"""{html_table(head, rows)}<p class="note">Shown, of all pauses: a whole fill, or the
beginning of one. Right, of what was shown: of all, of whole fills, of beginnings, of first words;
intervals are clustered by file. Finished: lines at whose end something was shown. Kept: of the
fills that would be right without a gate, those shown whole. Ungated: right, were everything shown.
Saved: of the characters that follow a line's first pause, when every right suggestion is
accepted.</p>"""


def _by_kind(pauses: Sequence[TypedPause]) -> str:
    rows = []
    for kind in sorted({pause.kind for pause in pauses}):
        own = [pause for pause in pauses if pause.kind == kind]
        shown = [pause for pause in own if pause.shown.strip()]
        right = sum(pause.is_right for pause in shown)
        rows.append(
            [
                *(escape(kind), str(len(own)), f"{100 * len(shown) / len(own):.1f}"),
                f"{100 * right / len(shown):.1f}" if shown else "-",
            ]
        )
    head = ["pause after", "pauses", "shown %", "right %"]
    return f"<h3>By the place of the pause</h3>{html_table(head, rows)}"


def _plots(pauses: Sequence[TypedPause], every: TypingSummary) -> str:
    try:
        from fillwright.engine.evaluation import typing_plots
    except ModuleNotFoundError as error:
        raise BadRequest(
            f"The report needs {error.name}; install it with pip install 'fillwright[eval]'."
        ) from None
    figures = (
        (
            "How much may be shown",
            typing_plots.precision_by_coverage(pauses),
            "Whole fills, the surest first: the share of all pauses, and how much is right there.",
        ),
        (
            "Are the probabilities true?",
            typing_plots.reliability(pauses),
            "On the broken line a fill that is 80 % sure is right 80 times in 100. Expected "
            f"calibration error: {100 * (every.off or 0.0):.1f} %; by chance alone it would be "
            f"{100 * (every.off_by_chance or 0.0):.1f} %.",
        ),
    )
    return "\n".join(
        f"<figure><h3>{title}</h3>{svg}<figcaption>{caption}</figcaption></figure>"
        for title, svg, caption in figures
        if svg is not None
    )


def _examples(pauses: Sequence[TypedPause]) -> str:
    """The wrong ones that were shown, the surest first: what the next model should learn."""
    wrong = [p for p in pauses if p.shown.strip() and not p.is_right]
    wrong.sort(key=lambda p: -(p.certainty.whole if p.certainty else 1.0))
    cards = "\n".join(map(_card, wrong[:SHOWN_PAUSES]))
    return (
        "<details><summary>What was shown and wrong, the surest first</summary>"
        f'<div class="fills">{cards}</div></details>'
    )


def _card(pause: TypedPause) -> str:
    sure = f"{100 * pause.certainty.whole:.0f} %" if pause.certainty else "not known"
    return f"""<article class="fill">
<header><b>{"whole" if pause.whole else "beginning"}</b><span>{escape(pause.name)}</span>
<span>probability {sure}</span></header>
<dl><dt>line so far</dt><dd><pre>{escape(pause.left)}</pre></dd>
<dt>right</dt><dd><pre>{escape(pause.gold)}</pre></dd>
<dt>shown</dt><dd><pre>{escape(pause.shown)}</pre></dd></dl></article>"""


def _percent(share: Share | None, part: str = "value") -> str:
    return "-" if share is None else f"{100 * getattr(share, part):.1f}"
