"""OpenAI's HumanEval-Infilling: its files, the holes they stand for, and when a fill has passed.

Source: Bavarian et al. 2022, "Efficient Training of Language Models to Fill in the Middle", and
its files at github.com/openai/human-eval-infilling. Knows nothing of models or of runs.
"""

import gzip
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fillwright.engine.errors import BadRequest
from fillwright.engine.evaluation.question import Outcome, Question
from fillwright.engine.evaluation.sandbox import run_program
from fillwright.engine.evaluation.syntax import python_parses
from fillwright.engine.request import Shape

Split = Literal["dev", "test", "all"]

SINGLE_LINE_ITEMS = 1033
DEV_ITEMS = 100
DEV_SEED = 42
SHAPES: Mapping[str, Shape] = {
    "SingleLineInfilling": "line",
    "MultiLineInfilling": "block",
    "RandomSpanInfilling": "free",
    "RandomSpanInfillingLight": "free",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One hole in one HumanEval solution: the question, and the code that tests an answer."""

    question: Question
    test: str
    entry_point: str

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> "Item":
        """From an object of the file. The line end after missing lines is no part of the hole:
        it stands in the document, as after a cursor on a blank line."""
        benchmark, *function, _ = line["task_id"].split("/")
        shape = SHAPES[benchmark]
        gold, suffix = line["canonical_solution"], line["suffix"]
        if shape != "free" and gold.endswith("\n"):
            gold, suffix = gold[:-1], "\n" + suffix
        return cls(
            Question(
                name=line["task_id"],
                group="/".join(function),
                kind=shape,
                language="python",
                prefix=line["prompt"],
                gold=gold,
                suffix=suffix,
                shape=shape,
            ),
            line["test"],
            line["entry_point"],
        )

    def program(self, fill: str) -> str:
        """What OpenAI's harness runs."""
        return f"{self.question.filled(fill)}\n{self.test}\ncheck({self.entry_point})"

    def judge(self, fill: str) -> Outcome:
        """Run the tests. Where the fill is written exactly, they are run all the same."""
        verdict = run_program(self.program(fill))
        return Outcome(parses=python_parses(self.question.filled(fill)), verdict=verdict)


def load_items(path: Path, split: Split, limit: int | None = None) -> list[Item]:
    """The items of a split in a fixed random order, so that the first `limit` are a fair sample.

    The order is that of `random.Random(42).shuffle` over the file's lines. The first 100 items of
    the single-line file are the split `dev`, what choices may be made on; all others, and all of
    the other files, are `test`. Raises BadRequest when the file is none, or has no such split.
    """
    items = list(_read(path))
    random.Random(DEV_SEED).shuffle(items)
    if split != "all":
        single_line = items[0].question.name.startswith("SingleLine")
        if split == "dev" and not single_line:
            raise BadRequest(f"{path} has no dev split; only the single-line file has one.")
        if single_line and len(items) != SINGLE_LINE_ITEMS:
            raise BadRequest(
                f"{path} has {len(items)} of {SINGLE_LINE_ITEMS} items and cannot be split; "
                "use the whole file with --limit, or --split all."
            )
        dev = DEV_ITEMS if single_line else 0
        items = items[:dev] if split == "dev" else items[dev:]
    return items[:limit]


def _read(path: Path) -> Iterator[Item]:
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8")
        items = [Item.of(json.loads(line)) for line in text.splitlines() if line.strip()]
    except OSError as error:
        raise BadRequest(f"{path} cannot be read ({error.strerror}).") from None
    except (EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadRequest(
            f"{path} is no HumanEval-Infilling file ({error!r}); give one of "
            "github.com/openai/human-eval-infilling, .jsonl or .jsonl.gz."
        ) from None
    if not items:
        raise BadRequest(f"{path} has no items.")
    return iter(items)
