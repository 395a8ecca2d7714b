"""The user's files as text to learn from, some of them held out. Knows no disk."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from fillwright.engine.errors import BadRequest
from fillwright.engine.sources.corpus import Corpus
from fillwright.engine.sources.packages import SourceFile
from fillwright.engine.training.gather import corpus_of

HELD_OUT = 10
"""One file of so many is not learnt but measured."""
SMALLEST = 20_000
"""Characters: less says nothing of how somebody writes. Set by hand."""


@dataclass(frozen=True, slots=True)
class TuningText:
    """What is learnt, what is measured, and a digest of both."""

    train: Corpus
    held_out: Corpus
    digest: str

    @classmethod
    def of(cls, files: Sequence[SourceFile]) -> Self:
        """Which files are held out, their names say. Raises BadRequest for too few."""
        characters = sum(len(file.text) for file in files)
        if len(files) < 2 or characters < SMALLEST:
            raise BadRequest(
                f"There are {len(files)} files with {characters:,} characters of Python, "
                f"JavaScript and TypeScript to learn from; give folders with {SMALLEST:,} or more, "
                "in two files at least."
            )
        mixed = sorted(files, key=lambda file: hashlib.blake2b(file.path.encode()).digest())
        count = max(1, len(mixed) // HELD_OUT)
        digest = hashlib.blake2b(digest_size=8)
        for file in mixed:
            digest.update(f"{file.path}\n{file.text}\n".encode(errors="replace"))
        return cls(corpus_of(mixed[count:]), corpus_of(mixed[:count]), digest.hexdigest())
