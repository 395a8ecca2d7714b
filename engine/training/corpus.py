"""Training text on disk: one `.npz` of UTF-8 bytes and syntax spans, beside the tokenizer.

Makes it (`build_corpus`) and reads it (`Corpus`). Reading needs numpy alone, so that a machine
that only trains needs no grammar.
"""

import hashlib
import json
import random
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fillwright.engine.training.sources import (
    Sieve,
    SourceFile,
    archives,
    download,
    package_files,
    standard_library,
)
from fillwright.engine.training.vocabulary import train_vocabulary

SPAN_KINDS = (
    "body",
    "block",
    "statement",
    "expression",
    "string",
    "comment",
    "docstring",
    "import",
)
HELD_OUT_SHARE = 0.005
KEPT_TESTS_SHARE = 0.15
VOCABULARY_CHARACTERS = 30_000_000


@dataclass(frozen=True)
class Corpus:
    """Documents with the spans worth filling, in character offsets."""

    text: np.ndarray  # uint8 [bytes]
    documents: np.ndarray  # int64 [documents + 1], byte offsets
    spans: np.ndarray  # int32 [spans, 3]: kind, start, end
    span_offsets: np.ndarray  # int64 [documents + 1]

    @classmethod
    def load(cls, path: Path) -> "Corpus":
        with np.load(path) as arrays:
            return cls(**{name: arrays[name] for name in arrays.files})

    def __len__(self) -> int:
        return len(self.documents) - 1

    def document(self, index: int) -> str:
        raw = self.text[self.documents[index] : self.documents[index + 1]]
        return raw.tobytes().decode("utf-8")

    def document_spans(self, index: int) -> np.ndarray:
        """int32 [spans, 3]: kind (index into SPAN_KINDS), start, end."""
        return self.spans[self.span_offsets[index] : self.span_offsets[index + 1]]


def build_corpus(folder: Path, benchmarks: Iterable[str], vocabulary_size: int) -> dict[str, int]:
    """Download, sieve and store: `train.npz`, `held_out.npz`, `tokenizer.json`, `sources.json`.

    Returns counts for the model card.
    """
    from fillwright.engine.syntax.spans import spans

    names = tomllib.loads((Path(__file__).parent / "packages.toml").read_text("utf-8"))["python"]
    download(names, folder / "archives")
    sieve = Sieve(benchmarks)
    kept = [file for file in _all_files(folder / "archives", names) if _wanted(file, sieve)]
    random.Random(0).shuffle(kept)
    texts = (file.text for file in kept)
    tokenizer = train_vocabulary(_up_to(texts, VOCABULARY_CHARACTERS), vocabulary_size)
    tokenizer.save(str(folder / "tokenizer.json"))
    held_out = [file for file in kept if _share(file, "held out") < HELD_OUT_SHARE]
    train = [file for file in kept if _share(file, "held out") >= HELD_OUT_SHARE]
    for name, files in (("train", train), ("held_out", held_out)):
        found = [
            [(SPAN_KINDS.index(s.kind), s.start, s.end) for s in spans(f.text, "python")]
            for f in files
        ]
        _store(folder / f"{name}.npz", [f.text for f in files], found)
    packages = sorted({file.package for file in kept})
    (folder / "sources.json").write_text(json.dumps(packages, indent=1), encoding="utf-8")
    counts = {"files": len(kept), "characters": sum(len(f.text) for f in kept)}
    return counts | {f"dropped ({reason})": n for reason, n in sieve.dropped.items()}


def _all_files(folder: Path, names: Iterable[str]) -> Iterator[SourceFile]:
    listed = set(names)
    yield from standard_library()
    for archive in archives(folder):
        yield from (file for file in package_files(archive) if file.package in listed)


def _wanted(file: SourceFile, sieve: Sieve) -> bool:
    if file.is_test and _share(file, "tests") >= KEPT_TESTS_SHARE:
        return False
    return sieve.keeps(file)


def _share(file: SourceFile, purpose: str) -> float:
    """A number in [0, 1) that depends on the file's name alone."""
    key = f"{purpose}/{file.package}/{file.path}".encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=4).digest(), "little") / 2**32


def _up_to(texts: Iterable[str], characters: int) -> Iterator[str]:
    for text in texts:
        if characters <= 0:
            return
        characters -= len(text)
        yield text


def _store(path: Path, texts: list[str], spans: list[list[tuple[int, int, int]]]) -> None:
    encoded = [text.encode("utf-8") for text in texts]
    np.savez_compressed(
        path,
        text=np.frombuffer(b"".join(encoded), dtype=np.uint8),
        documents=np.cumsum([0, *map(len, encoded)], dtype=np.int64),
        spans=np.array([s for document in spans for s in document], np.int32).reshape(-1, 3),
        span_offsets=np.cumsum([0, *map(len, spans)], dtype=np.int64),
    )
