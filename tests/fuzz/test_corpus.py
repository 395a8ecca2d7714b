"""Every target of the fuzzers holds for its corpus, what they once found included."""

import runpy
from pathlib import Path

import pytest

TARGETS = Path(__file__).parent / "targets"
CORPUS = Path(__file__).parents[2] / "fixtures" / "fuzz"
NAMES = sorted(path.stem for path in TARGETS.glob("*.py"))


def test_every_target_has_inputs_and_every_input_a_target() -> None:
    assert len(NAMES) > 5
    assert sorted(path.name for path in CORPUS.iterdir()) == NAMES
    assert all(len(list((CORPUS / name).iterdir())) > 2 for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_corpus_shows_no_fault(name: str) -> None:
    run = runpy.run_path(str(TARGETS / f"{name}.py"))["run"]
    for path in sorted((CORPUS / name).iterdir()):
        try:
            run(path.read_bytes())
        except BaseException as error:
            error.add_note(f"with {path.relative_to(CORPUS)}")
            raise
