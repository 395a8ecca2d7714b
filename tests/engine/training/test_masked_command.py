"""What `fillwright train masked` learns in a moment is joined to a folder that loads and fills."""

from pathlib import Path
from typing import Any

import pytest
import torch

from fillwright.engine.errors import BadRequest, CheckpointError
from fillwright.engine.infill.masked.loading import load_masked
from fillwright.engine.request import Hole, Infill, InfillRequest
from fillwright.engine.training.command import main
from fillwright.engine.training.recipes import MaskedShape

TOY = MaskedShape(rank=4, length=64, rows=8, context=128, batch=4)


@pytest.fixture
def folder(made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A training folder, for a toy."""
    monkeypatch.setattr("fillwright.engine.training.masked_command.MASKED", TOY)
    (tmp_path / "corpus").mkdir()
    for name in ("train", "held_out"):  # of so few files none is held out
        (tmp_path / "corpus" / f"{name}.npz.xz").symlink_to(made.folder / "train.npz.xz")
    return tmp_path


@pytest.mark.slow
def test_what_is_learnt_loads_and_fills(folder: Path, checkpoint: Path) -> None:
    file, model = folder / "learnt.safetensors", folder / "toy"
    masked = ["--folder", str(folder), "masked", str(file), "--start-from", str(checkpoint)]
    assert main([*masked, "--minutes", "0.02"]) == 0
    assert file.stat().st_size < 200_000
    assert main(["join", str(file), str(model), "--start-from", str(checkpoint)]) == 0
    engine = load_masked(model, "cpu")
    request = InfillRequest("def f(x):\n    \n", (Hole(14, 14),), "python", shape="line")
    *_, fill = engine.infill(request, lambda: False)
    assert isinstance(fill, Infill)
    assert (fill.model, fill.finish, fill.length) == ("toy", "settled", "expand")
    # a run goes on
    steps = torch.load(folder / "masked" / "state.pt", weights_only=True)["steps"]
    assert main([*masked, "--minutes", "0.02"]) == 0
    assert torch.load(folder / "masked" / "state.pt", weights_only=True)["steps"] > steps


def test_without_text_it_says_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="train corpus"):
        main(["--folder", str(tmp_path), "masked", str(tmp_path / "x"), "--minutes", "1"])


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("no tensors")
    with pytest.raises(CheckpointError, match=r"masked.* learnt"):
        main(["join", str(tmp_path / "x"), str(tmp_path / "y")])
