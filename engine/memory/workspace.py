"""The files of one workspace as the engine remembers them: segments of files sorted together.

Knows texts by their keys, tokens and sizes; knows no files, no other workspace and no threads.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fillwright.engine.memory.contexts import SortedContexts, Span, Store
from fillwright.engine.request import WorkspaceMemory

Tokens = NDArray[np.unsignedinteger]

GROWTH = 4
"""Of two segments the larger has so many times as many tokens, or they are merged: each segment is
looked up by itself, a twentieth of a millisecond or so."""
LARGEST = 2_000_000
"""Tokens of a merged segment: sorting them takes more than a second, beside the fills."""
DEAD_SHARE = 0.1
"""A segment with more tokens that count no more is sorted again."""
AT_ONCE = 20_000
"""So many tokens are sorted by who looks something up, in 13 ms; more are sorted beside the
fills."""
TOGETHER = 1_000_000
"""So many tokens do not wait for more."""
TEXTS = 100
"""Of one file, the last ones by which a copy of it is known."""


@dataclass(slots=True, eq=False)
class Segment:
    """Files sorted together; `keys` has the names of the streams, in their order. `live` counts
    the tokens of those that are still what the files say."""

    contexts: SortedContexts
    keys: tuple[str, ...]
    live: int = field(init=False)

    def __post_init__(self) -> None:
        self.live = len(self)

    def __len__(self) -> int:
        return sum(stop - start for start, stop in self.contexts.spans)

    def streams(self) -> Iterator[tuple[str, Span]]:
        return zip(self.keys, self.contexts.spans, strict=True)


@dataclass(frozen=True, slots=True, eq=False)
class Sorting:
    """Streams of files, by their keys, that are to be sorted together: what is live in `merged`
    segments, or new texts where there are none."""

    streams: Mapping[str, Tokens]
    merged: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class File:
    """Where the newest text of a file is, None while that is not sorted, its bytes, and digests of
    what it has said, the newest last."""

    segment: Segment | None
    tokens: int
    size: int
    texts: tuple[bytes, ...]


@dataclass(slots=True, eq=False)
class Workspace:
    """`files` has what is live by key; what other segments say of a file is dead. `id` is its own:
    one that is made again has another. `used`: when it was last asked of, in seconds. `size` has
    the bytes of all files."""

    name: str
    vocabulary: int
    used: float
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    segments: tuple[Segment, ...] = ()
    files: dict[str, File] = field(default_factory=dict)
    size: int = 0
    unsorted: dict[str, Tokens] = field(default_factory=dict)

    def put(self, key: str, ids: Sequence[int], size: int, digest: bytes) -> None:
        """Take in what a file says, in place of what it said."""
        before = self.files[key].texts if key in self.files else ()
        self.drop(key)
        self.files[key] = File(None, len(ids), size, (*before, digest)[-TEXTS:])
        self.unsorted[key] = np.asarray(ids, dtype=np.min_scalar_type(self.vocabulary))
        self.size += size

    def drop(self, key: str) -> None:
        """Let go of a file; of one that is not known there is nothing to let go."""
        if (file := self.files.pop(key, None)) is not None:
            self.size -= file.size
            self.unsorted.pop(key, None)
            if file.segment is not None:
                file.segment.live -= file.tokens
                self._let_go_of_the_dead()

    def stores(self, but: str) -> tuple[Store, ...]:
        """Where to look a context up: in all files `but` one, and but the copies of a text that
        this one has had. New files that are many are not looked at before they are sorted."""
        if 0 < self.waiting <= AT_ONCE:
            self.sort(Sorting(self.unsorted))
        texts = set(self.files[but].texts) if but in self.files else set()
        said = {
            key: file.segment for key, file in self.files.items() if file.texts[-1] not in texts
        }
        return tuple(
            Store(
                segment.contexts,
                tuple(span for key, span in segment.streams() if said.get(key) is not segment),
                segment.keys,
            )
            for segment in self.segments
        )

    def counts(self) -> WorkspaceMemory:
        """How much there is."""
        tokens = sum(segment.live for segment in self.segments)
        return WorkspaceMemory(
            self.name,
            self.id,
            len(self.files),
            tokens + self.waiting,
            self.size,
            len(self.unsorted) if self.waiting > AT_ONCE else 0,
        )

    @property
    def waiting(self) -> int:
        """Tokens that are not sorted yet."""
        return sum(map(len, self.unsorted.values()))

    def due(self) -> Sorting | None:
        """What should be sorted when there is time: new files that are many, a segment much of
        which is dead, or two segments of about the same size: so a file is sorted only a few times
        while a workspace grows."""
        if self.waiting > AT_ONCE:
            return Sorting(dict(self.unsorted))
        for segment in self.segments:
            if len(segment) - segment.live > DEAD_SHARE * len(segment):
                return self._merging(segment)
        small = sorted((s for s in self.segments if 2 * len(s) <= LARGEST), key=len)
        for one, larger in pairwise(small):
            if len(larger) < GROWTH * len(one):
                return self._merging(one, larger)
        return None

    def sort(self, sorting: Sorting) -> None:
        """Do it at once."""
        self.take(sorting, SortedContexts.of(sorting.streams.values(), self.vocabulary))

    def take(self, sorting: Sorting, contexts: SortedContexts) -> None:
        """Put what was sorted in its place. What a file has said otherwise meanwhile is dead."""
        segment = Segment(contexts, tuple(sorting.streams))
        for key, tokens in sorting.streams.items():
            file = self.files.get(key)
            is_new = not sorting.merged and self.unsorted.get(key) is tokens
            if file is not None and (is_new or file.segment in sorting.merged):
                self.files[key] = replace(file, segment=segment)
            else:
                segment.live -= len(tokens)
        kept = (each for each in self.segments if each not in sorting.merged)
        self.segments = (*kept, segment)
        if not sorting.merged:
            self.unsorted = {
                key: tokens
                for key, tokens in self.unsorted.items()
                if sorting.streams.get(key) is not tokens
            }
        self._let_go_of_the_dead()

    def _merging(self, *merged: Segment) -> Sorting:
        streams = {
            key: segment.contexts.tokens[start:stop]
            for segment in merged
            for key, (start, stop) in segment.streams()
            if (file := self.files.get(key)) is not None and file.segment is segment
        }
        return Sorting(streams, merged)

    def _let_go_of_the_dead(self) -> None:
        self.segments = tuple(segment for segment in self.segments if segment.live)
