"""Training text on disk: UTF-8 bytes and syntax spans in one compressed file, `SPLIT.npz.xz`.

Reading needs numpy alone, so that a machine that only trains needs no grammar.
"""

import io
import lzma
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import numpy as np

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
LANGUAGES = ("python", "javascript", "typescript")


@dataclass(frozen=True)
class Corpus:
    """Documents with the spans worth filling, in character offsets."""

    text: np.ndarray  # uint8 [bytes]
    documents: np.ndarray  # int64 [documents + 1], byte offsets
    spans: np.ndarray  # int32 [spans, 3]: kind, start, end
    span_offsets: np.ndarray  # int64 [documents + 1]
    languages: np.ndarray  # uint8 [documents], index into LANGUAGES
    standalone: np.ndarray  # bool [documents]: one function and its imports, from another document

    @classmethod
    def of(
        cls,
        texts: Sequence[str],
        spans: Sequence[Sequence[tuple[int, int, int]]],
        languages: Sequence[str],
        standalone: Sequence[bool] | None = None,
    ) -> Self:
        """One text, one list of spans (kind, start, end) and one language per document; none of
        them is a `standalone` function unless it says so."""
        encoded = [text.encode("utf-8") for text in texts]
        return cls(
            text=np.frombuffer(b"".join(encoded), dtype=np.uint8),
            documents=np.cumsum([0, *map(len, encoded)], dtype=np.int64),
            spans=np.array([s for document in spans for s in document], np.int32).reshape(-1, 3),
            span_offsets=np.cumsum([0, *map(len, spans)], dtype=np.int64),
            languages=np.array([LANGUAGES.index(name) for name in languages], np.uint8),
            standalone=np.array(standalone or [False] * len(texts), np.bool_),
        )

    @classmethod
    def load(cls, path: Path) -> Self:
        with lzma.open(path) as packed, np.load(io.BytesIO(packed.read())) as arrays:
            return cls(**{name: arrays[name] for name in arrays.files})

    def save(self, path: Path, small: bool = False) -> None:
        """A `small` file takes ten times as long and is a fifth smaller."""
        with lzma.open(path, "wb", preset=9 if small else 1) as packed:
            np.savez(packed, **asdict(self))

    def part(self, documents: np.ndarray) -> Self:
        """Only these documents, int64 [chosen], in their order."""

        def rows(of: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            pieces = [of[offsets[i] : offsets[i + 1]] for i in documents]
            lengths = [0, *map(len, pieces)]
            return np.concatenate([of[:0], *pieces]), np.cumsum(lengths, dtype=np.int64)

        text, starts = rows(self.text, self.documents)
        spans, span_offsets = rows(self.spans, self.span_offsets)
        languages, standalone = self.languages[documents], self.standalone[documents]
        return type(self)(text, starts, spans, span_offsets, languages, standalone)

    def __len__(self) -> int:
        return len(self.documents) - 1

    def document(self, index: int) -> str:
        raw = self.text[self.documents[index] : self.documents[index + 1]]
        return raw.tobytes().decode("utf-8")

    def language(self, index: int) -> str:
        return LANGUAGES[self.languages[index]]

    def chosen(self, language: str, standalone: bool) -> np.ndarray:
        """int64 [found]: which documents are of this language, and functions or whole files."""
        is_language = self.languages == LANGUAGES.index(language)
        return np.flatnonzero(is_language & (self.standalone == standalone))

    def document_spans(self, index: int) -> np.ndarray:
        """int32 [spans, 3]: kind (index into SPAN_KINDS), start, end."""
        return self.spans[self.span_offsets[index] : self.span_offsets[index + 1]]
