"""Whether holes that need each other are better denoised together or one after another.

Knows the engine and records; knows no files.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from fillwright.engine.errors import BadRequest
from fillwright.engine.evaluation.journal import Journal
from fillwright.engine.evaluation.run import in_every_way
from fillwright.engine.evaluation.shared_names import WORD, SharedName
from fillwright.engine.request import Budget, Infill, InfillRequest

if TYPE_CHECKING:
    from fillwright.engine.filling import Engine

JOINT, IN_TURN, DRAFTED = "joint", "one by one", "one by one, drafted"
ARMS = (JOINT, IN_TURN, DRAFTED)
"""Denoised on one canvas; denoised one after another; the causal draft of each in turn."""
NAME_TOKENS = 8


@dataclass(frozen=True, slots=True)
class JointRecord:
    """What one arm wrote in the holes of a name; too far apart where they fit on no canvas."""

    name: str
    group: str
    kind: str
    arm: str
    gold: str
    fills: tuple[str, ...]
    steps: int
    ms: float
    too_far: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        return self.name, self.arm

    @property
    def agrees(self) -> bool:
        """Whether the first word is the same in all holes."""
        words = [WORD.search(fill) for fill in self.fills]
        return None not in words and len({word[0] for word in words if word}) == 1

    @property
    def is_exact(self) -> bool:
        return all(fill.strip() == self.gold for fill in self.fills)


def run_joint(
    items: Sequence[SharedName],
    infiller: "Callable[[], Engine]",
    folder: Path,
    settings: dict[str, Any],
) -> list[JointRecord]:
    """Ask what the folder does not hold yet, item by item, each in every way; gives all records.
    Raises BadRequest when the folder holds a run with other settings."""
    with Journal(folder, settings, JointRecord) as journal:
        return in_every_way(journal, items, ARMS, lambda item, arm: _record(item, arm, infiller()))


def joint_table(records: Sequence[JointRecord]) -> Table:
    """For a terminal: rows for each arm and kind, of the items that all arms could fill. Shares in
    percent."""
    shown = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1))
    for name in ("arm", "kind"):
        shown.add_column(name)
    for name in ("items", "too far", "agree", "exact", "steps", "p50 ms"):
        shown.add_column(name, justify="right")
    far = {record.name for record in records if record.too_far}
    for arm in ARMS:
        own = [record for record in records if record.arm == arm]
        for kind in (None, *dict.fromkeys(record.kind for record in own)):
            of_kind = [record for record in own if kind in (None, record.kind)]
            if told := [record for record in of_kind if record.name not in far]:
                shown.add_row(arm, kind or "all", *_row(told, len(of_kind) - len(told)))
    return shown


def _row(records: Sequence[JointRecord], too_far: int) -> tuple[str, ...]:
    count = len(records)
    return (
        str(count),
        str(too_far),
        f"{100 * sum(record.agrees for record in records) / count:.1f}",
        f"{100 * sum(record.is_exact for record in records) / count:.1f}",
        f"{sum(record.steps for record in records) / count:.1f}",
        f"{sorted(record.ms for record in records)[count // 2]:.0f}",
    )


def _record(item: SharedName, arm: str, infiller: "Engine") -> JointRecord:
    # torch takes seconds to load
    from fillwright.engine.infill.infiller import Infiller

    if not isinstance(infiller, Infiller):
        raise BadRequest("This model does not denoise several holes together; give one that does.")
    request = InfillRequest(
        item.document,
        item.holes,
        item.language,
        shape="line",
        budget=Budget(tokens=NAME_TOKENS),
        decode="draft" if arm == DRAFTED else "denoise",
    )
    engine = replace(infiller, several="joint" if arm == JOINT else "one by one")
    try:
        *_, fill = engine.infill(request, lambda: False)
    except BadRequest:
        return JointRecord(
            item.name, item.group, item.kind, arm, item.gold, ("",) * len(item.holes), 0, 0.0, True
        )
    assert isinstance(fill, Infill)
    return JointRecord(
        name=item.name,
        group=item.group,
        kind=item.kind,
        arm=arm,
        gold=item.gold,
        fills=fill.texts,
        steps=fill.steps,
        ms=round(fill.timings_ms["total"], 1),
    )
