"""What a run's records say, arm by arm: as data, as a table, as a last line.

Knows records; knows no model and no benchmark.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from rich.table import Table

from fillwright.engine.evaluation.journal import Record
from fillwright.engine.evaluation.scores import Share, clustered_share


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """Shares are in [0, 1]. `passed` counts tests where there are any, else exact fills.
    Similarity and forwards are means, tokens per forward the totals' ratio, `ms` of a fill.
    `resolved` is the share of the fills' identifiers that occur around their holes. `gained` and
    `lost` count the questions that this arm passes and the first arm does not, and the reverse.
    """

    arm: str
    measure: str
    passed: Share
    exact: float
    similarity: float
    parses: float
    resolved: float | None
    forwards: float
    tokens_per_forward: float
    ms_p50: float
    ms_p95: float
    gained: int
    lost: int

    @property
    def last_line(self) -> str:
        """`pass@1 NN.N % (95 % CI LO-HI, n=N)`."""
        low, high = 100 * self.passed.low, 100 * self.passed.high
        share = f"{100 * self.passed.value:.1f} % (95 % CI {low:.1f}-{high:.1f}, n={self.passed.n})"
        return f"{self.measure} {share}"


def summarise(records: Sequence[Record]) -> list[ArmSummary]:
    """One summary per arm, in the order of their first records."""
    arms = list(dict.fromkeys(record.arm for record in records))
    by_arm = {arm: [record for record in records if record.arm == arm] for arm in arms}
    first = {record.name: record.passed for record in by_arm[arms[0]]} if arms else {}
    return [_of_arm(arm, by_arm[arm], first) for arm in arms]


def _of_arm(arm: str, records: Sequence[Record], first: dict[str, bool]) -> ArmSummary:
    def mean(value: Callable[[Record], float]) -> float:
        return sum(map(value, records)) / len(records)

    tokens = sum(record.tokens for record in records)
    forwards = sum(record.forwards for record in records)
    identifiers = sum(record.identifiers or 0 for record in records)
    p50, p95 = np.percentile([record.ms for record in records], [50, 95])
    return ArmSummary(
        arm=arm,
        measure="exact" if records[0].verdict is None else "pass@1",
        passed=clustered_share([r.passed for r in records], [r.group for r in records]),
        exact=mean(lambda record: record.exact),
        similarity=mean(lambda record: record.similarity),
        parses=mean(lambda record: record.parses),
        resolved=sum(r.resolved or 0 for r in records) / identifiers if identifiers else None,
        forwards=forwards / len(records),
        tokens_per_forward=tokens / forwards if forwards else 0.0,
        ms_p50=float(p50),
        ms_p95=float(p95),
        gained=sum(r.passed and not first.get(r.name, True) for r in records),
        lost=sum(not r.passed and first.get(r.name, False) for r in records),
    )


def table(summaries: Sequence[ArmSummary]) -> Table:
    """For a terminal, percent where `summary.json` has shares."""
    shown = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1))
    shown.add_column("arm")
    columns = (summaries[0].measure, "95 % CI", "same text", "similar", "parses")
    for name in (*columns, "forwards", "tok/fwd", "p50 ms", "p95 ms", "+", "-"):
        shown.add_column(name, justify="right", no_wrap=True)
    for one in summaries:
        shown.add_row(
            one.arm,
            f"{100 * one.passed.value:.1f}",
            f"{100 * one.passed.low:.1f}-{100 * one.passed.high:.1f}",
            f"{100 * one.exact:.1f}",
            f"{100 * one.similarity:.1f}",
            f"{100 * one.parses:.1f}",
            f"{one.forwards:.1f}",
            f"{one.tokens_per_forward:.2f}",
            f"{one.ms_p50:.0f}",
            f"{one.ms_p95:.0f}",
            str(one.gained),
            str(one.lost),
        )
    return shown
