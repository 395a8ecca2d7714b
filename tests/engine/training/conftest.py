"""A small corpus of real source files, and the smallest network that can learn from it."""

import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fillwright.engine.infill.tokenizer import CodeTokenizer
from fillwright.engine.training import corpus as corpus_module
from fillwright.engine.training.corpus import Corpus, build_corpus
from fillwright.engine.training.initialise import SmallShape, small_config
from fillwright.engine.training.sources import SourceFile

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
        return Corpus.load(self.folder / "train.npz")

    def config(self, **sizes: int) -> dict[str, Any]:
        shape = {
            "vocab_size": len(self.tokenizer.texts),
            "hidden_size": 64,
            "layers": 2,
            "full_every": 2,
            "heads": 2,
            "kv_heads": 1,
            "head_dim": 32,
            "intermediate_size": 96,
            "expert_intermediate_size": 96,
        }
        return small_config(SmallShape(**shape | sizes), self.tokenizer)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = Path(sysconfig.get_path("stdlib"))
    pages = [SourceFile("python", name, (root / name).read_text("utf-8")) for name in PAGES]
    copied = SourceFile("copy", "wrap.py", pages[0].text.replace("textwrap", "wrap"))
    known = SourceFile("known", "longest.py", "# of two lists\n" * 20 + BENCHMARK)
    files = [*pages, copied, known]
    folder = tmp_path_factory.mktemp("corpus")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus_module, "download", lambda names, folder: None)
        patch.setattr(corpus_module, "_all_files", lambda folder, names: iter(files))
        counts = build_corpus(folder, {BENCHMARK}, 600)
    return Made(folder, files, counts, CodeTokenizer.from_checkpoint(folder))
