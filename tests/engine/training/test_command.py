import gzip
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fillwright.engine.errors import BadRequest
from fillwright.engine.sources.corpus import Corpus
from fillwright.engine.training.command import _benchmark_texts, main
from fillwright.engine.training.recipes import RECIPES


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--help"], "corpus"),
        (["run", "--help"], "--decay-minutes"),
        (["corpus", "--help"], "--clear-of"),
        (["export", "--help"], "[to]"),
        (["measure", "--help"], "FOLDER"),
    ],
)
def test_help_says_what_there_is(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exited:
        main(argv)
    assert exited.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith("usage: fillwright train")
    assert said in out


def test_a_phase_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exited:
        main(["run", "--phase", "dream", "--minutes", "1"])
    assert exited.value.code == 2
    assert "causal" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "first"),
    [(["run", "--phase", "causal", "--minutes", "1"], "corpus"), (["export"], "run")],
)
def test_what_has_to_be_made_first_is_named(command: list[str], first: str, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=f"run `fillwright train {first}` first"):
        main(["--folder", str(tmp_path / "none"), *command])


def test_a_benchmark_is_prompt_solution_and_suffix(tmp_path: Path) -> None:
    item = {"prompt": "def f(", "canonical_solution": "x):", "suffix": " pass"}
    path = tmp_path / "items.jsonl.gz"
    path.write_bytes(gzip.compress((json.dumps(item) + "\n").encode()))
    assert list(_benchmark_texts(path)) == ["def f(x): pass"]


@pytest.fixture
def small(made: Any, tmp_path: Path) -> Path:
    """A training folder; what is learnt there is held out too."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name in ("train", "held_out"):
        (corpus / f"{name}.npz.xz").symlink_to(made.folder / "train.npz.xz")
    (corpus / "tokenizer.json").symlink_to(made.folder / "tokenizer.json")
    return tmp_path


def test_what_is_measured_of_a_checkpoint_is_its_own(
    made: Any,
    small: Path,
    checkpoint: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(RECIPES, "cpu", made.recipe())
    with torch.compiler.set_stance("force_eager"):
        main(["--folder", str(small), "measure", str(checkpoint), str(checkpoint)])
    one, same = capsys.readouterr().out.splitlines()
    assert one == same
    assert re.fullmatch(
        rf"{re.escape(str(checkpoint))}(  held_out\w*(\.\d)? \d+\.\d{{3}}){{6}}", one
    )


def test_a_part_of_the_text_is_a_training_folder_of_that_size(made: Any, small: Path) -> None:
    whole = small / "corpus" / "train.npz.xz"
    megabytes = whole.stat().st_size / 3e6
    main(["--folder", str(small), "part", str(small / "part"), "--megabytes", str(megabytes)])
    packed = small / "part" / "corpus" / "train.npz.xz"
    assert megabytes * 0.4e6 < packed.stat().st_size <= megabytes * 1e6
    part = Corpus.load(packed)
    documents = {made.train.document(i): i for i in range(len(made.train))}
    assert 0 < len(part) < len(made.train)
    for index in range(len(part)):
        of = documents[part.document(index)]
        assert part.language(index) == made.train.language(of)
        assert part.standalone[index] == made.train.standalone[of]
        assert np.array_equal(part.document_spans(index), made.train.document_spans(of))
    assert (small / "part" / "corpus" / "tokenizer.json").exists()


@pytest.mark.slow
def test_a_run_of_two_processes_goes_on_where_it_was_and_is_exported(
    made: Any, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RECIPES, "cpu", made.recipe())
    monkeypatch.setenv("TORCH_COMPILE_DISABLE", "1")
    folder = ["--folder", str(small)]
    run = ["run", "--phase", "causal", "--minutes", "0.001", "--rate", "0.1", "--processes"]
    for processes in ("2", "1"):
        main([*folder, *run, processes])
    curve = [json.loads(line) for line in (small / "run" / "curve.jsonl").read_text().splitlines()]
    # a step of the second is half as large
    assert [line["step"] for line in curve] == [1, 2]
    assert curve[1]["tokens"] == 1.5 * curve[0]["tokens"]
    main([*folder, "export", str(small / "model")])
    assert (small / "model" / "model.safetensors").exists()
