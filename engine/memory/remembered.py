"""The user's own code as the engine remembers it: per workspace the tokens of its files, sorted.

Kept in memory only. Knows texts by the keys that it is given for them; knows no files, and one
workspace never answers for another. Its methods may be called from several threads; those that
wait for no other say so.
"""

import time
from collections.abc import Callable, Sequence
from hashlib import blake2b
from threading import Condition, Lock, Thread

from fillwright.engine.memory.contexts import SortedContexts, Store
from fillwright.engine.memory.limits import (
    ABANDONED_S,
    ALL_BYTES,
    FILE_BYTES,
    GAP,
    LEASE_S,
    LINE_CHARACTERS,
    WORKSPACE_BYTES,
)
from fillwright.engine.memory.workspace import TOGETHER, Sorting, Workspace
from fillwright.engine.request import FileText, WorkspaceMemory

QUIET_S = 1.0
"""Files that come one soon after another are sorted together."""


class Remembered:
    """`encode` makes ids below `vocabulary` of a text; `is_used`: it has a say in fills. `clock`
    gives seconds. What takes long to sort is sorted by a thread of its own, and no fill waits."""

    def __init__(
        self,
        encode: Callable[[str], Sequence[int]],
        vocabulary: int,
        is_used: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.is_used = is_used
        self._encode = encode
        self._vocabulary = vocabulary
        self._clock = clock
        self._workspaces: dict[str, Workspace] = {}
        self._known: tuple[WorkspaceMemory, ...] = ()
        self._lock = Condition(Lock())
        self._sorter: Thread | None = None

    def remember(self, workspace: str, key: str, text: str) -> bool:
        """Remember what a file says now, in place of what it said. False, and the file is not
        remembered any more, where it is too long, has too long a line, or there is no room."""
        written = text.encode(errors="replace")
        size, digest = len(written), blake2b(written, digest_size=16).digest()
        if self._says(workspace, key, digest):
            return True
        fits = size <= FILE_BYTES and max(map(len, text.split("\n"))) <= LINE_CHARACTERS
        ids = ids_of(text, self._encode, self._vocabulary) if fits else ()
        with self._lock:
            here = self._used(workspace)
            more = size - (here.files[key].size if key in here.files else 0)
            kept = fits and here.size + more <= WORKSPACE_BYTES and self._has_room(here, more)
            if kept:
                here.put(key, ids, size, digest)
            else:
                here.drop(key)
            self._lock.notify()
            self._changed()
            return kept

    def forget(self, workspace: str, key: str) -> None:
        """Forget a file; one that is not known is forgotten already."""
        with self._lock:
            if workspace in self._workspaces:
                self._used(workspace).drop(key)
                self._changed()

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
            self._count()

    def renew(self, workspace: str) -> None:
        """Somebody still works there. Waits for nothing."""
        if (here := self._workspaces.get(workspace)) is not None:
            here.used = self._clock()

    def forget_unused(self) -> None:
        """Forget the workspaces whose lease has ended."""
        with self._lock:
            ended = self._clock() - LEASE_S
            for name in [name for name, each in self._workspaces.items() if each.used < ended]:
                del self._workspaces[name]
            self._count()

    def known(self) -> tuple[WorkspaceMemory, ...]:
        """How much of each workspace is remembered. Waits for nothing."""
        return self._known

    def stores(self, workspace: str, but: str) -> tuple[Store, ...]:
        """Where to look a context up: in all files of a workspace `but` one and its copies, for
        whatever happens to them later."""
        with self._lock:
            if workspace not in self._workspaces:
                return ()
            stores = self._used(workspace).stores(but)
            self._changed()
            return stores

    def settle(self) -> None:
        """Wait until everything is sorted."""
        while (sorter := self._sorter) is not None:
            sorter.join()

    def _says(self, workspace: str, key: str, digest: bytes) -> bool:
        """Whether this is what the file says already."""
        with self._lock:
            here = self._workspaces.get(workspace)
            known = here and here.files.get(key)
            if not (here and known and known.texts[-1] == digest):
                return False
            here.used = self._clock()
            return True

    def _changed(self) -> None:
        """Count again, and have sorted what is due."""
        self._count()
        if self._sorter is None and self._due() is not None:
            self._sorter = Thread(target=self._sort, name="memory sorter", daemon=True)
            self._sorter.start()

    def _due(self) -> tuple[Workspace, Sorting] | None:
        due = ((here, here.due()) for here in self._workspaces.values())
        return next(((here, sorting) for here, sorting in due if sorting), None)

    def _sort(self) -> None:
        """What is due, until nothing is; each time when no file has come for a while."""
        try:
            while True:
                with self._lock:
                    while self._lock.wait(QUIET_S) and not self._is_full():
                        pass
                    if (due := self._due()) is None:
                        self._sorter = None
                        return
                here, sorting = due
                contexts = SortedContexts.of(sorting.streams.values(), self._vocabulary)
                with self._lock:
                    here.take(sorting, contexts)
                    self._count()
        except BaseException:
            self._sorter = None
            raise

    def _is_full(self) -> bool:
        return any(here.waiting >= TOGETHER for here in self._workspaces.values())

    def _count(self) -> None:
        self._known = tuple(each.counts() for each in self._workspaces.values())

    def _used(self, workspace: str) -> Workspace:
        """The workspace, which somebody uses now."""
        now = self._clock()
        if workspace not in self._workspaces:
            self._workspaces[workspace] = Workspace(workspace, self._vocabulary, now)
        here = self._workspaces[workspace]
        here.used = now
        return here

    def _has_room(self, here: Workspace, more: int) -> bool:
        """Whether a workspace may grow by `more` bytes; forgets others that are abandoned."""
        abandoned = self._clock() - ABANDONED_S
        for name, each in sorted(self._workspaces.items(), key=lambda pair: pair[1].used):
            if sum(each.size for each in self._workspaces.values()) + more <= ALL_BYTES:
                return True
            if each is not here and each.used < abandoned:
                del self._workspaces[name]
        return sum(each.size for each in self._workspaces.values()) + more <= ALL_BYTES


def ids_of(text: str, encode: Callable[[str], Sequence[int]], vocabulary: int) -> list[int]:
    """The tokens of a text, with a separator, which is none, in place of each gap."""
    first, *more = map(encode, text.split(GAP))
    ids = list(first)
    for part in more:
        ids += [vocabulary, *part]
    return ids
