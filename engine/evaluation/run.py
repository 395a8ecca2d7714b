"""A run: every question to every arm, each answer judged and written down at once.

Knows questions, arms and records; knows no benchmark.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fillwright.engine.evaluation.arms import Answer, Arm
from fillwright.engine.evaluation.journal import Journal, Keyed, Record, write_whole
from fillwright.engine.evaluation.question import Outcome, Question
from fillwright.engine.evaluation.scores import edit_similarity, exact
from fillwright.engine.evaluation.summary import ArmSummary, summarise


class Judged(Protocol):
    """A question, and who judges its answers."""

    @property
    def question(self) -> Question: ...

    def judge(self, fill: str) -> Outcome: ...


def run(
    asked: Sequence[Judged],
    arms: Sequence[Arm],
    answer: Callable[[Question, Arm], Answer],
    folder: Path,
    settings: dict[str, Any],
) -> list[ArmSummary]:
    """Ask what the folder does not hold yet, write `summary.json`, and give it.

    Question by question, all arms of one in turn: a run that is ended early has compared them on
    the same questions. The summary is of all the folder holds. Raises BadRequest when it holds a
    run with other settings.
    """
    with Journal(folder, settings, Record) as journal, progress_bar() as progress:
        todo = [
            (item, arm)
            for item in asked
            for arm in arms
            if not journal.has(item.question.name, arm.name)
        ]
        all_of_them = len(asked) * len(arms)
        bar = progress.add_task("", total=all_of_them, completed=all_of_them - len(todo))
        for item, arm in todo:
            progress.update(bar, description=f"{arm.name} · {item.question.name}")
            journal.add(_record(item, arm, answer(item.question, arm)))
            progress.advance(bar)
        summaries = summarise(journal.records)
    write_whole(folder / "summary.json", [asdict(summary) for summary in summaries])
    return summaries


class Named(Protocol):
    """What a benchmark asks about."""

    @property
    def name(self) -> str: ...


Item = TypeVar("Item", bound=Named)
Way = TypeVar("Way", bound=str)
Kept = TypeVar("Kept", bound=Keyed)


def in_every_way(
    journal: Journal[Kept],
    items: Sequence[Item],
    ways: Sequence[Way],
    record: Callable[[Item, Way], Kept],
) -> list[Kept]:
    """Ask what the journal does not hold yet, item by item, each in every way; gives all of it."""
    with progress_bar() as progress:
        bar = progress.add_task("", total=len(items) * len(ways))
        for item in items:
            for way in ways:
                if not journal.has(item.name, way):
                    journal.add(record(item, way))
                progress.advance(bar)
    return list(journal.records)


def _record(item: Judged, arm: Arm, answered: Answer) -> Record:
    question, outcome = item.question, item.judge(answered.fill)
    return Record(
        name=question.name,
        group=question.group,
        kind=question.kind,
        arm=arm.name,
        decode=arm.decode,
        steps=arm.steps,
        length=arm.length,
        gold=question.gold,
        exact=exact(answered.fill, question.gold),
        similarity=round(edit_similarity(answered.fill, question.gold), 4),
        **asdict(outcome),
        **asdict(answered),
    )


def progress_bar() -> Progress:
    """How far a run is, on stderr."""
    return Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
    )
