"""The files of one workspace as the engine remembers them: segments of files sorted together.

Knows texts by their keys, tokens and sizes; knows no files, no other workspace and no threads.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from fillwright.engine.memory.contexts import SortedContexts, Span, Store
from fillwright.engine.request import WorkspaceMemory

Tokens = NDArray[np.unsignedinteger]

SEGMENTS = 16
"""Each is looked up by itself, a tenth of a millisecond or so; more are merged."""
LARGEST = 500_000
"""Tokens of a merged segment: sorting them takes a third of a second, and no fill waits longer."""
DEAD_SHARE = 0.1
"""A segment with more tokens that count no more is sorted again."""
UNSORTED = 50_000
"""Tokens that wait to be sorted together, or for the next look-up: that takes 40 milliseconds."""
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
        if sum(map(len, self.unsorted.values())) > UNSORTED:
            self._sort()

    def drop(self, key: str) -> None:
        """Let go of a file; of one that is not known there is nothing to let go."""
        if (file := self.files.pop(key, None)) is not None:
            self.size -= file.size
            self.unsorted.pop(key, None)
            if file.segment is not None:
                file.segment.live -= file.tokens
                self._tidy()

    def stores(self, but: str) -> tuple[Store, ...]:
        """Where to look a context up: in all files `but` one, and but the copies of a text that
        this one has had."""
        self._sort()
        texts = set(self.files[but].texts) if but in self.files else set()
        said = {
            key: file.segment for key, file in self.files.items() if file.texts[-1] not in texts
        }
        return tuple(
            Store(
                segment.contexts,
                tuple(span for key, span in segment.streams() if said.get(key) is not segment),
            )
            for segment in self.segments
        )

    def counts(self) -> WorkspaceMemory:
        """How much there is."""
        tokens = sum(segment.live for segment in self.segments)
        tokens += sum(map(len, self.unsorted.values()))
        return WorkspaceMemory(self.name, self.id, len(self.files), tokens, self.size)

    def _is_live(self, segment: Segment, key: str) -> bool:
        file = self.files.get(key)
        return file is not None and file.segment is segment

    def _sort(self) -> None:
        """Make a segment of what is not sorted yet."""
        if self.unsorted:
            self._add(self.unsorted)
            self.unsorted = {}
            self._tidy()

    def _add(self, streams: Mapping[str, Tokens]) -> None:
        contexts = SortedContexts.of(streams.values(), self.vocabulary)
        segment = Segment(contexts, tuple(streams))
        self.segments = (*self.segments, segment)
        for key in streams:
            self.files[key] = replace(self.files[key], segment=segment)

    def _tidy(self) -> None:
        """Sort a segment again where much of it is dead, and merge the smaller half where small
        segments are many, so that a file is sorted only a few times while a workspace grows."""
        for segment in self.segments:
            if len(segment) - segment.live > DEAD_SHARE * len(segment):
                self._merge([segment])
        small = sorted((s for s in self.segments if 2 * len(s) <= LARGEST), key=len)
        if len(small) > SEGMENTS:
            totals = accumulate(map(len, small[: SEGMENTS // 2]))
            self._merge(small[: sum(total <= LARGEST for total in totals)])

    def _merge(self, merged: Sequence[Segment]) -> None:
        """Make one segment of what is live in some."""
        streams = {
            key: segment.contexts.tokens[start:stop]
            for segment in merged
            for key, (start, stop) in segment.streams()
            if self._is_live(segment, key)
        }
        self.segments = tuple(segment for segment in self.segments if segment not in merged)
        if streams:
            self._add(streams)
