"""How well a swapped token is found and put right: by renoising, and by writing the body again.

Knows the engine and records; knows no files.
"""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from fillwright.engine.errors import BadRequest
from fillwright.engine.evaluation.journal import Journal
from fillwright.engine.evaluation.question import TOKENS
from fillwright.engine.evaluation.run import in_every_way
from fillwright.engine.evaluation.scores import exact
from fillwright.engine.evaluation.swaps import Swapped
from fillwright.engine.request import Budget, Hole, Infill, InfillRequest
from fillwright.engine.syntax.faults import faults
from fillwright.engine.syntax.grammars import parser_for

if TYPE_CHECKING:
    from fillwright.engine.filling import Engine

LEXEME = re.compile(r"\w+|[^\w\s]+|\n[ \t]*")
READ, BY_DENOISING, WRITE_NEW = "renoise", "renoise, found by denoising", "write new"
ARMS = (READ, BY_DENOISING, WRITE_NEW)
"""The unlikely tokens found by the causal head, or by the denoiser; the ordinary fill of the body.
"""


@dataclass(frozen=True, slots=True)
class RepairRecord:
    """`others_changed` counts lexemes that differ from what stood there, but for the swapped one;
    `line_rank` is the place of its line among the body's, the least likely token's first, and
    `lines` how many there are; both are 0 where nothing was ranked."""

    name: str
    group: str
    kind: str
    arm: str
    fill: str
    repaired: bool
    others_changed: int
    parses: bool
    line_rank: int
    lines: int
    ms: float
    too_long: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        return self.name, self.arm


def run_repair(
    items: Sequence[Swapped],
    infiller: "Callable[[], Engine]",
    strength: float,
    folder: Path,
    settings: dict[str, Any],
) -> list[RepairRecord]:
    """Ask what the folder does not hold yet, item by item, each in every way; gives all records.
    Raises BadRequest when the folder holds a run with other settings."""
    with Journal(folder, settings, RepairRecord) as journal:
        return in_every_way(
            journal, items, ARMS, lambda item, arm: _record(item, arm, infiller(), strength)
        )


def repair_table(records: Sequence[RepairRecord]) -> Table:
    """For a terminal, shares in percent, of the bodies that are not too long."""
    shown = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1))
    counts, shares = ("items", "too long"), ("parses", "line first", "in 3")
    for name in ("arm", *counts, "repaired", "others changed", *shares):
        shown.add_column(name, justify="left" if name == "arm" else "right")
    for arm in dict.fromkeys(record.arm for record in records):
        every = [record for record in records if record.arm == arm]
        own = [record for record in every if not record.too_long]
        ranked = [record.line_rank for record in own if record.lines]
        changed = sorted(record.others_changed for record in own)
        shown.add_row(
            arm,
            str(len(own)),
            str(len(every) - len(own)),
            _percent([record.repaired for record in own]),
            str(changed[len(changed) // 2]) if changed else "",
            _percent([record.parses for record in own]),
            _percent([rank == 1 for rank in ranked]),
            _percent([rank <= 3 for rank in ranked]),
        )
    return shown


def others_changed(item: Swapped, fill: str) -> int:
    """How many lexemes of the body a fill has changed, beside the swapped one."""
    before = [(match.start(), match[0]) for match in LEXEME.finditer(item.body)]
    after = LEXEME.findall(fill)
    swapped = next(at for at, (start, text) in enumerate(before) if start + len(text) > item.at)
    matcher = SequenceMatcher(None, [text for _, text in before], after, autojunk=False)
    changed = 0
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag != "equal":
            longest = max(end - start, new_end - new_start)
            changed += longest - (start <= swapped < end)
    return changed


def line_rank(item: Swapped, likelihoods: Sequence[tuple[int, float]]) -> tuple[int, int]:
    """The place of the swapped token's line among the body's lines, the one with the least likely
    token first, and how many lines there are. `likelihoods` has for each token where it ends, in
    characters of the body, and its log probability."""
    least: dict[int, float] = {}
    for end, log_probability in likelihoods:
        line = item.body.count("\n", 0, max(0, end - 1))
        least[line] = min(log_probability, least.get(line, 0.0))
    ordered = sorted(least, key=lambda line: least[line])
    swapped = item.body.count("\n", 0, item.at)
    return ordered.index(swapped) + 1 if swapped in ordered else len(ordered), len(ordered)


def _record(item: Swapped, arm: str, infiller: "Engine", strength: float) -> RepairRecord:
    # torch takes seconds to load
    from fillwright.engine.infill.denoising.renoise import denoised_likelihoods, read_likelihoods
    from fillwright.engine.infill.ending import last_of
    from fillwright.engine.infill.infiller import Infiller
    from fillwright.engine.infill.rewriting import Rewriting
    from fillwright.engine.infill.standing import Standing
    from fillwright.engine.infill.stop import Stop

    if not isinstance(infiller, Infiller):
        raise BadRequest("This model cannot renoise a text; give one that denoises from a draft.")
    request = InfillRequest(
        item.document,
        (Hole(item.start, item.end),),
        item.language,
        shape="block",
        budget=Budget(tokens=TOKENS["block"]),
        strength=None if arm == WRITE_NEW else strength,
    )
    if not Standing(infiller, request).fits:
        return RepairRecord(
            name=item.name,
            group=item.group,
            kind=item.kind,
            arm=arm,
            fill=item.body,
            repaired=False,
            others_changed=0,
            parses=False,
            line_rank=0,
            lines=0,
            ms=0.0,
            too_long=True,
        )
    rank = 0, 0
    if arm == WRITE_NEW:
        *_, fill = infiller.infill(request, lambda: False)
        assert isinstance(fill, Infill)
    else:
        find = denoised_likelihoods if arm == BY_DENOISING else read_likelihoods
        stop = Stop(lambda: False, request.budget, time.perf_counter)
        rewriting = Rewriting(infiller, request, stop, find)
        fill = last_of(rewriting.run())
        rank = line_rank(item, rewriting.found)
    text = fill.texts[0]
    parser = parser_for(item.language)
    assert parser is not None
    filled, whole = (
        (item.document[: item.start] + each + item.document[item.end :]).encode()
        for each in (text, item.original)
    )
    with_fill, before = (
        faults(parser.parse(source), item.language, item.start, item.start + len(own))
        for source, own in ((filled, text), (whole, item.original))
    )
    return RepairRecord(
        name=item.name,
        group=item.group,
        kind=item.kind,
        arm=arm,
        fill=text,
        repaired=exact(text, item.original),
        others_changed=others_changed(item, text),
        parses=with_fill <= before,
        line_rank=rank[0],
        lines=rank[1],
        ms=round(fill.timings_ms["total"], 1),
    )


def _percent(hits: Sequence[bool]) -> str:
    return f"{100 * sum(hits) / len(hits):.1f}" if hits else ""
