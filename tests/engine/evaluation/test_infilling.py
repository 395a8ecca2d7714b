"""The benchmark's files, and the harness against what is known of them: gold passes."""

import gzip
import json
from pathlib import Path

import pytest

from fillwright.engine.errors import BadRequest
from fillwright.engine.evaluation.infilling import Item, load_items

LINE = {
    "task_id": "SingleLineInfilling/HumanEval/7/L1",
    "entry_point": "f",
    "prompt": "def f(x):\n    y = x\n",
    "suffix": "    return z\n",
    "canonical_solution": "    z = y + 1\n",
    "test": "def check(candidate):\n    assert candidate(1) == 2\n",
}


def test_the_line_end_behind_a_missing_line_stays_in_the_document() -> None:
    question = Item.of(LINE).question
    request = question.request()
    assert request.document == "def f(x):\n    y = x\n\n    return z\n"
    assert [(hole.start, hole.end) for hole in request.holes] == [(20, 20)]
    assert request.shape == "line"
    assert question.gold == "    z = y + 1"
    assert question.filled(question.gold) == LINE["prompt"] + "    z = y + 1\n" + LINE["suffix"]
    assert question.group == "HumanEval/7"


def test_a_random_span_is_cut_as_it_is() -> None:
    line = LINE | {
        "task_id": "RandomSpanInfillingLight/HumanEval/7/1",
        "prompt": "def f(x):\n    y",
    }
    question = Item.of(line).question
    assert (question.shape, question.gold) == ("free", LINE["canonical_solution"])
    assert question.request().document == line["prompt"] + line["suffix"]


@pytest.mark.parametrize(
    ("fill", "verdict", "parses"),
    [
        ("    z = y + 1", "passed", True),
        ("    z = 1 + x  # another way", "passed", True),
        ("    z = y", "assertion", True),
        ("", "error", True),
        ("    z = y +", "syntax", False),
        ("    while True: pass", "timeout", True),
        ("    import sys; sys.exit(0)", "error", True),
    ],
)
def test_a_fill_is_judged_by_the_tests(fill: str, verdict: str, parses: bool) -> None:
    outcome = Item.of(LINE).judge(fill)
    assert (outcome.verdict, outcome.parses) == (verdict, parses)


def test_gold_passes_and_nothing_does_not(single_line: Path, random_span: Path) -> None:
    """A sample; `docs/measurements-log.md` has all of them."""
    lines, spans = load_items(single_line, "dev", 20), load_items(random_span, "test", 10)
    assert {item.judge(item.question.gold).verdict for item in lines + spans} == {"passed"}
    empty = [item.judge("").verdict for item in lines + spans]
    assert empty.count("passed") <= 3


def test_the_splits_are_all_there_is_and_apart(single_line: Path, random_span: Path) -> None:
    def names(path: Path, split: str) -> list[str]:
        return [item.question.name for item in load_items(path, split)]  # type: ignore[arg-type]

    dev, test, every = (names(single_line, split) for split in ("dev", "test", "all"))
    assert (len(dev), len(test)) == (100, 933)
    assert dev + test == every
    assert len(set(every)) == 1033
    assert names(random_span, "test") == names(random_span, "all")
    assert len(names(random_span, "all")) == 164


def test_the_dev_split_is_the_one_that_was_written_down(single_line: Path) -> None:
    """Shuffled with seed 42, the first hundred: the same for ever, or choices leak into scores."""
    dev = [item.question.name for item in load_items(single_line, "dev")]
    assert dev[:2] == [
        "SingleLineInfilling/HumanEval/61/L5",
        "SingleLineInfilling/HumanEval/127/L3",
    ]
    assert load_items(single_line, "dev", 2) == load_items(single_line, "dev")[:2]


def test_a_part_of_the_file_has_no_splits(single_line: Path, tmp_path: Path) -> None:
    part = tmp_path / "part.jsonl"
    part.write_bytes(b"\n".join(gzip.decompress(single_line.read_bytes()).splitlines()[:30]))
    assert len(load_items(part, "all")) == 30
    with pytest.raises(BadRequest, match="30 of 1033 items and cannot be split"):
        load_items(part, "test")


def test_only_the_single_line_file_has_a_dev_split(random_span: Path) -> None:
    with pytest.raises(BadRequest, match="only the single-line file has one"):
        load_items(random_span, "dev")


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"\x1f\x8b not gzip",
        b"no json",
        b"[1]",
        b'{"task_id": "SingleLineInfilling/x/0"}',
        json.dumps(LINE | {"task_id": "Other/HumanEval/7/L1"}).encode(),
        json.dumps(LINE | {"canonical_solution": 5}).encode(),
    ],
)
def test_what_is_no_such_file_gets_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "items.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadRequest, match=r"items\.jsonl") as raised:
        load_items(path, "all")
    assert str(raised.value).count("\n") == 0
