"""The user's own code as the engine remembers it: per workspace the tokens of its files, sorted.

Kept in memory only. Knows texts by the keys that it is given for them; knows no files, and one
workspace never answers for another. Its methods may be called from several threads.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from threading import Lock

from fillwright.engine.memory.contexts import SortedContexts, Span, Store
from fillwright.engine.request import FileText

FILE_BYTES = 200_000
LINE_CHARACTERS = 2_000
"""Longer files and lines are generated or minified: nobody writes on from there."""
WORKSPACE_BYTES = 20_000_000
WORKSPACES = 4
SEGMENTS = 16
"""Each is looked up by itself, a tenth of a millisecond or so; more are merged."""
LARGEST = 500_000
"""Tokens of a merged segment: sorting them takes a third of a second, and no fill waits longer."""
DEAD_SHARE = 0.1
"""A segment with more tokens that count no more is sorted again."""


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Files sorted together; `keys` has the names of the streams, in their order."""

    contexts: SortedContexts
    keys: tuple[str, ...]

    def __len__(self) -> int:
        return sum(stop - start for start, stop in self.contexts.spans)

    def streams(self) -> Iterator[tuple[str, Span]]:
        return zip(self.keys, self.contexts.spans, strict=True)


@dataclass(slots=True)
class Workspace:
    """`newest` has the segment that a file's text is in, and the text's bytes; what other segments
    say of that file is dead."""

    segments: tuple[Segment, ...] = ()
    newest: dict[str, tuple[Segment, int]] = field(default_factory=dict)

    def live(self, segment: Segment) -> dict[str, Span]:
        return {
            key: span
            for key, span in segment.streams()
            if key in self.newest and self.newest[key][0] is segment
        }

    def merge(self, merged: Sequence[Segment], vocabulary: int) -> None:
        """Make one segment of what is live in some."""
        streams = [
            (key, segment.contexts.tokens[start:stop])
            for segment in merged
            for key, (start, stop) in self.live(segment).items()
        ]
        kept = [segment for segment in self.segments if segment not in merged]
        if streams:
            contexts = SortedContexts.of([ids.tolist() for _, ids in streams], vocabulary)
            together = Segment(contexts, tuple(key for key, _ in streams))
            kept.append(together)
            for key in together.keys:
                self.newest[key] = together, self.newest[key][1]
        self.segments = tuple(kept)

    def tidy(self, vocabulary: int) -> None:
        """Sort a segment again where much of it is dead, and merge the smaller half where small
        segments are many, so that a file is sorted only a few times while a workspace grows."""
        for segment in self.segments:
            live = sum(stop - start for start, stop in self.live(segment).values())
            if len(segment) - live > DEAD_SHARE * len(segment):
                self.merge([segment], vocabulary)
        small = sorted((s for s in self.segments if 2 * len(s) <= LARGEST), key=len)
        if len(small) > SEGMENTS:
            totals = accumulate(map(len, small[: SEGMENTS // 2]))
            self.merge(small[: sum(total <= LARGEST for total in totals)], vocabulary)


class Remembered:
    """`encode` makes ids below `vocabulary` of a text."""

    def __init__(self, encode: Callable[[str], Sequence[int]], vocabulary: int) -> None:
        self._encode = encode
        self._vocabulary = vocabulary
        self._workspaces: OrderedDict[str, Workspace] = OrderedDict()
        self._lock = Lock()

    def remember(self, workspace: str, key: str, text: str) -> bool:
        """Remember what a file says now, in place of what it said. False, and the file is not
        remembered any more, where it is too long, has too long a line, or the workspace is full."""
        size = len(text.encode(errors="replace"))
        fits = size <= FILE_BYTES and max(map(len, text.split("\n"))) <= LINE_CHARACTERS
        ids = self._encode(text) if fits else ()
        segment = Segment(SortedContexts.of([ids], self._vocabulary), (key,))
        with self._lock:
            here = self._used(workspace)
            here.newest.pop(key, None)
            full = sum(bytes_ for _, bytes_ in here.newest.values()) + size > WORKSPACE_BYTES
            if fits and not full:
                here.segments = (*here.segments, segment)
                here.newest[key] = segment, size
            here.tidy(self._vocabulary)
            return fits and not full

    def forget(self, workspace: str, key: str) -> None:
        """Forget a file; one that is not known is forgotten already."""
        with self._lock:
            here = self._workspaces.get(workspace)
            if here and here.newest.pop(key, None):
                here.tidy(self._vocabulary)

    def take(self, workspace: str, file: FileText) -> None:
        """Remember or forget a file."""
        if file.text is None:
            self.forget(workspace, file.key)
        else:
            self.remember(workspace, file.key, file.text)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._workspaces.clear()

    def stores(self, workspace: str, but: str) -> tuple[Store, ...]:
        """Where to look a context up: in all files of a workspace `but` one, for whatever happens
        to them later."""
        with self._lock:
            if workspace not in self._workspaces:
                return ()
            here = self._used(workspace)
            found = []
            for segment in here.segments:
                live = here.live(segment)
                left = (s for key, s in segment.streams() if key == but or key not in live)
                found.append(Store(segment.contexts, tuple(left)))
            return tuple(found)

    def _used(self, workspace: str) -> Workspace:
        """The workspace, as the last one used; the one that was not used for longest goes."""
        here = self._workspaces.setdefault(workspace, Workspace())
        self._workspaces.move_to_end(workspace)
        while len(self._workspaces) > WORKSPACES:
            self._workspaces.popitem(last=False)
        return here
