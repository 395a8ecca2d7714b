"""The files of one workspace as the engine remembers them: segments of files sorted together.

Knows texts by their keys, tokens and sizes; knows no files, no other workspace and no threads.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from fillwright.engine.memory.contexts import SortedContexts, Span, Store
from fillwright.engine.request import WorkspaceMemory

SEGMENTS = 16
"""Each is looked up by itself, a tenth of a millisecond or so; more are merged."""
LARGEST = 500_000
"""Tokens of a merged segment: sorting them takes a third of a second, and no fill waits longer."""
DEAD_SHARE = 0.1
"""A segment with more tokens that count no more is sorted again."""
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
    """Where the newest text of a file is, its bytes, and digests of what it has said, the newest
    last."""

    segment: Segment
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

    def put(self, key: str, ids: Sequence[int], size: int, digest: bytes) -> None:
        """Take in what a file says, in place of what it said."""
        before = self.files[key].texts if key in self.files else ()
        self.drop(key)
        segment = Segment(SortedContexts.of([ids], self.vocabulary), (key,))
        self.segments = (*self.segments, segment)
        self.files[key] = File(segment, len(ids), size, (*before, digest)[-TEXTS:])
        self.size += size
        self._tidy()

    def drop(self, key: str) -> None:
        """Let go of a file; of one that is not known there is nothing to let go."""
        if (file := self.files.pop(key, None)) is not None:
            file.segment.live -= file.tokens
            self.size -= file.size
            self._tidy()

    def stores(self, but: str) -> tuple[Store, ...]:
        """Where to look a context up: in all files `but` one, and but the copies of a text that
        this one has had."""
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
        return WorkspaceMemory(self.name, self.id, len(self.files), tokens, self.size)

    def _is_live(self, segment: Segment, key: str) -> bool:
        file = self.files.get(key)
        return file is not None and file.segment is segment

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
        streams = [
            (key, segment.contexts.tokens[start:stop])
            for segment in merged
            for key, (start, stop) in segment.streams()
            if self._is_live(segment, key)
        ]
        kept = [segment for segment in self.segments if segment not in merged]
        if streams:
            contexts = SortedContexts.of([ids.tolist() for _, ids in streams], self.vocabulary)
            together = Segment(contexts, tuple(key for key, _ in streams))
            kept.append(together)
            for key in together.keys:
                self.files[key] = replace(self.files[key], segment=together)
        self.segments = tuple(kept)
