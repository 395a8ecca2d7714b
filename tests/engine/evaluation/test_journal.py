"""What a run leaves in its folder, and what a killed one leaves behind."""

from dataclasses import replace
from pathlib import Path

import pytest

from fillwright.engine.errors import BadRequest
from fillwright.engine.evaluation.journal import Journal, Record, read_records, read_settings

SETTINGS = {"benchmark": "x", "seed": 0}
RECORD = Record(
    name="a/0",
    group="a",
    kind="line",
    arm="denoise 4",
    decode="denoise",
    steps=4,
    length="auto",
    fill="    é = '\u2028'\n",
    gold="    é = 1",
    exact=False,
    similarity=0.9,
    parses=True,
    verdict=None,
    identifiers=1,
    resolved=0,
    tokens=5,
    forwards=4,
    ms=12.5,
    confidences=(0.5, 0.25),
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    with Journal(tmp_path / "run", SETTINGS, Record) as journal:
        journal.add(RECORD)
        journal.add(replace(RECORD, arm="draft", verdict="passed"))
    settings, records = read_settings(tmp_path / "run"), read_records(tmp_path / "run", Record)
    assert settings == SETTINGS
    assert records == [RECORD, replace(RECORD, arm="draft", verdict="passed")]
    assert [record.passed for record in records] == [False, True]


@pytest.mark.parametrize("kept", range(0, 420, 37))
def test_a_line_cut_by_a_kill_is_asked_again(tmp_path: Path, kept: int) -> None:
    second = replace(RECORD, name="a/1")
    with Journal(tmp_path, SETTINGS, Record) as journal:
        journal.add(RECORD)
        whole = (tmp_path / "items.jsonl").stat().st_size
        journal.add(second)
    cut = (tmp_path / "items.jsonl").read_bytes()[: max(0, kept)]
    (tmp_path / "items.jsonl").write_bytes(cut)
    with Journal(tmp_path, SETTINGS, Record) as journal:
        assert journal.has("a/0", "denoise 4") is (kept >= whole)
        for record in (RECORD, second):
            if not journal.has(record.name, record.arm):
                journal.add(record)
    assert read_records(tmp_path, Record) == [RECORD, second]


@pytest.mark.parametrize("other", [{"seed": 1}, {"more": True}])
def test_a_folder_with_another_run_is_left_alone(tmp_path: Path, other: dict[str, object]) -> None:
    with Journal(tmp_path, SETTINGS, Record) as journal:
        journal.add(RECORD)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(BadRequest, match=f"other settings \\({next(iter(other))}\\)"):
        Journal(tmp_path, SETTINGS | other, Record)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="holds no run"):
        read_settings(tmp_path)


@pytest.mark.parametrize("line", [b"no json\n", b"[]\n", b'{"name": "a"}\n', b"\xff\n"])
def test_records_of_another_version_are_left_alone(tmp_path: Path, line: bytes) -> None:
    with Journal(tmp_path, SETTINGS, Record) as journal:
        journal.add(RECORD)
    with (tmp_path / "items.jsonl").open("ab") as file:
        file.write(line)
    before = (tmp_path / "items.jsonl").read_bytes()
    with pytest.raises(BadRequest, match="this version of Fillwright does not write"):
        Journal(tmp_path, SETTINGS, Record)
    assert (tmp_path / "items.jsonl").read_bytes() == before
