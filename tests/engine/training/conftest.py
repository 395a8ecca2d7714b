"""A small corpus of real source files, and the smallest network that can learn from it."""

import sysconfig
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.sources.corpus import Corpus
from fillwright.engine.sources.packages import SourceFile
from fillwright.engine.training import gather
from fillwright.engine.training.export import export
from fillwright.engine.training.gather import build_corpus
from fillwright.engine.training.initialise import new_model, small_config
from fillwright.engine.training.recipes import CPU, CausalRows, JointRows, Recipe, SmallShape

PAGES = ("textwrap.py", "json/encoder.py", "fnmatch.py", "heapq.py", "shlex.py", "bisect.py")
BENCHMARK = "return a if len(a) > len(b) else b or a"


@dataclass(frozen=True)
class Made:
    """What `build_corpus` made of the pages, of a copy, and of a benchmark's text."""

    folder: Path
    files: list[SourceFile]
    counts: dict[str, int]
    tokenizer: CodeTokenizer

    @property
    def train(self) -> Corpus:
        return Corpus.load(self.folder / "train.npz.xz")

    def recipe(self, **sizes: int) -> Recipe:
        """The smallest network and the shortest rows."""
        shape = {
            "hidden_size": 64,
            "layers": 2,
            "full_every": 2,
            "heads": 2,
            "kv_heads": 1,
            "head_dim": 32,
            "intermediate_size": 96,
            "expert_intermediate_size": 96,
        }
        return replace(
            CPU,
            shape=SmallShape(**shape | sizes),
            causal=CausalRows(rows=3, length=96, batches_per_step=2),
            joint=JointRows(
                rows=3,
                length=176,
                canvases={16: 1.0},
                canvases_per_prompt=4,
                batches_per_step=2,
            ),
        )

    def config(self, **sizes: int) -> dict[str, Any]:
        return small_config(self.recipe(**sizes), self.tokenizer)


def _gather_only(files: list[SourceFile], patch: pytest.MonkeyPatch) -> None:
    for download in ("download_from_pip", "download_from_npm"):
        patch.setattr(gather, download, lambda names, folder: None)
    patch.setattr(gather, "_all_files", lambda folder, names: iter(files))


@pytest.fixture
def gathering(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """A corpus made now is of the same files."""
    _gather_only(made.files, monkeypatch)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = Path(sysconfig.get_path("stdlib"))
    pages = [SourceFile("python", name, (root / name).read_text("utf-8")) for name in PAGES]
    copied = SourceFile("copy", "wrap.py", pages[0].text.replace("textwrap", "wrap"))
    known = SourceFile("known", "longest.py", "# of two lists\n" * 20 + BENCHMARK)
    files = [*pages, copied, known]
    folder = tmp_path_factory.mktemp("corpus")
    with pytest.MonkeyPatch.context() as patch:
        _gather_only(files, patch)
        counts = build_corpus(folder, {BENCHMARK}, [], 600)
    return Made(folder, files, counts, CodeTokenizer.from_checkpoint(folder))


@pytest.fixture
def checkpoint(made: Any, tmp_path: Path) -> Path:
    """A random network, not yet trained."""
    config = made.config()
    state = {"config": config, "model": new_model(config, seed=1).state_dict()}
    torch.save(state, tmp_path / "state.pt")
    export(tmp_path / "state.pt", made.folder / "tokenizer.json", tmp_path / "checkpoint")
    return tmp_path / "checkpoint"
