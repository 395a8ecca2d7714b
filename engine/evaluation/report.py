"""`fillwright eval report`: runs as one HTML file that needs no network and no other file.

Knows records, summaries and HTML; the plots are made by `plots.py`.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from fillwright.engine.confidence import geometric_mean
from fillwright.engine.errors import BadRequest
from fillwright.engine.evaluation.journal import Record, read_records, read_settings
from fillwright.engine.evaluation.page_table import html_table
from fillwright.engine.evaluation.summary import ArmSummary, summarise
from fillwright.engine.evaluation.typed_pause import TypedPause
from fillwright.engine.evaluation.typing_report import typing_section

SHOWN_FILLS = 4
SHOWN_SETTINGS = ("data", "split", "kinds", "model", "device", "tokens", "seed")


def write_report(folders: Sequence[Path], out: Path) -> None:
    """Write the report of the runs in `folders`. Raises BadRequest when one holds none."""
    sections = [_section(folder) for folder in folders]
    template = Template(Path(__file__).with_suffix(".html").read_text("utf-8"))
    out.parent.mkdir(parents=True, exist_ok=True)
    page = template.substitute(title="Fillwright evaluation", body="\n".join(sections))
    out.write_text(page, "utf-8", "xmlcharrefreplace")


def _section(folder: Path) -> str:
    settings = read_settings(folder)
    if settings.get("benchmark") == "typing":
        return typing_section(settings, read_records(folder, TypedPause), folder)
    return _fills_section(settings, read_records(folder, Record), folder)


def _fills_section(settings: dict[str, Any], records: list[Record], folder: Path) -> str:
    if not records:
        raise BadRequest(f"{folder} holds no answers yet; let its run go on first.")
    summaries = summarise(records)
    asked = " · ".join(
        f"{name} {' '.join(value) if isinstance(value, list) else value}"
        for name, value in settings.items()
        if name in SHOWN_SETTINGS and value is not None
    )
    return f"""<section>
<h2>{_text(settings.get("benchmark", folder.name))}</h2>
<p class="asked">{_text(asked)}</p>
{_headline(summaries[0])}
<h3>All arms</h3>
{_table(summaries)}
{_by_kind(records, summaries[0].measure)}
<div class="plots">{_plots(records, summaries[0].measure)}</div>
{_fills(records)}
</section>"""


def _headline(first: ArmSummary) -> str:
    low, high = _percent(first.passed.low), _percent(first.passed.high)
    return (
        f'<p class="headline">{_percent(first.passed.value)} % <small>{first.measure} of '
        f"<b>{_text(first.arm)}</b> · 95 % interval {low} to {high} · {first.passed.n} holes in "
        f"{first.passed.groups} groups</small></p>"
    )


def _table(summaries: Sequence[ArmSummary]) -> str:
    """Columns that say nothing here are left out."""
    tested = summaries[0].measure != "exact"
    resolved = any(one.resolved is not None for one in summaries)
    most = max(one.passed.high for one in summaries) or 1.0
    head = [
        *("arm", f"{summaries[0].measure} %", "95 % interval"),
        *(["exact %"] if tested else []),
        *("similar %", "parses %"),
        *(["names known %"] if resolved else []),
        *("forwards", "tokens each", "p50 ms", "p95 ms", "gained", "lost"),
    ]
    rows = [
        [
            _text(one.arm),
            f"<b>{_percent(one.passed.value)}</b>",
            f"{_percent(one.passed.low)}-{_percent(one.passed.high)}{_bar(one, most)}",
            *([_percent(one.exact)] if tested else []),
            *(_percent(one.similarity), _percent(one.parses)),
            *([_percent(one.resolved or 0.0)] if resolved else []),
            *(f"{one.forwards:.1f}", f"{one.tokens_per_forward:.2f}"),
            *(f"{one.ms_p50:.0f}", f"{one.ms_p95:.0f}"),
            *(f"+{one.gained}", f"\N{MINUS SIGN}{one.lost}"),
        ]
        for one in summaries
    ]
    return f"""{html_table(head, rows)}<p class="note">Intervals are clustered by group: holes of
one function or file are alike. Forwards are model passes per fill, prefill apart, and the tokens
that each gave. Gained and lost are holes that this arm passes and the first does not, and the
reverse. Known names are identifiers of the fills that occur in the rest of the file.</p>"""


def _by_kind(records: Sequence[Record], measure: str) -> str:
    """The score of every arm for each kind of hole, where there are several."""
    kinds = list(dict.fromkeys(record.kind for record in records))
    if len(kinds) == 1:
        return ""
    rows = []
    for arm in dict.fromkeys(record.arm for record in records):
        of_arm = [record for record in records if record.arm == arm]
        parts = [[record for record in of_arm if record.kind == kind] for kind in kinds]
        shares = [sum(r.passed for r in part) / len(part) if part else 0.0 for part in parts]
        rows.append([_text(arm), *map(_percent, shares)])
    return f"<h3>{measure} % by kind of hole</h3>{html_table(['arm', *map(_text, kinds)], rows)}"


def _bar(one: ArmSummary, most: float) -> str:
    low, middle, high = (
        100 * value / most for value in (one.passed.low, one.passed.value, one.passed.high)
    )
    return (
        f'<span class="bar"><i style="left:{low:.1f}%;width:{high - low:.1f}%"></i>'
        f'<u style="left:{middle:.1f}%"></u></span>'
    )


def _plots(records: Sequence[Record], measure: str) -> str:
    try:
        from fillwright.engine.evaluation import plots
    except ModuleNotFoundError as error:
        raise BadRequest(
            f"The report needs {error.name}; install it with pip install 'fillwright[eval]'."
        ) from None
    off = plots.calibration_error(records)
    figures = (
        (
            "Score against steps",
            plots.score_by_steps(records, measure),
            "The same holes with more denoise steps. A causal draft takes none: a level line.",
        ),
        (
            "Score against hole length",
            plots.score_by_length(records, measure),
            "One arm of each decode, the one with the most steps. Lengths of fewer than "
            f"{plots.FEWEST} holes are left out.",
        ),
        (
            "Is its confidence worth something?",
            plots.calibration(records, measure),
            "On the broken line a fill that is 80 % sure passes 80 times in 100. Expected "
            f"calibration error over all arms: {_percent(off or 0.0)} %.",
        ),
    )
    return "\n".join(
        f"<figure><h3>{title}</h3>{svg}<figcaption>{caption}</figcaption></figure>"
        for title, svg, caption in figures
        if svg is not None
    )


def _fills(records: Sequence[Record]) -> str:
    """Of the first arm: some that pass, the nearest misses, and the farthest."""
    own = [record for record in records if record.arm == records[0].arm]
    passed = sorted((r for r in own if r.passed), key=lambda r: -len(r.gold))[:SHOWN_FILLS]
    missed = sorted((r for r in own if not r.passed), key=lambda r: -r.similarity)
    near, far = missed[:SHOWN_FILLS], missed[SHOWN_FILLS:][-SHOWN_FILLS:]
    cards = "\n".join(map(_fill, (*passed, *near, *far)))
    return (
        f"<details><summary>Some fills of {_text(records[0].arm)}: the longest that pass, the "
        f'nearest misses, the farthest</summary><div class="fills">{cards}</div></details>'
    )


def _fill(record: Record) -> str:
    verdict = record.verdict or ("exact" if record.exact else "differs")
    return f"""<article class="fill{" passed" if record.passed else ""}">
<header><b>{verdict}</b><span>{_text(record.name)}</span>
<span>similarity {_percent(record.similarity)} %</span>
<span>confidence {_percent(geometric_mean(record.confidences))} %</span></header>
<dl><dt>gold</dt><dd><pre>{_text(record.gold)}</pre></dd>
<dt>fill</dt><dd><pre>{_text(record.fill)}</pre></dd></dl></article>"""


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _text(value: object) -> str:
    return escape(str(value))
