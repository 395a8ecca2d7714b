"""One folder of the workspace, and what the engine has been told of its files.

Knows files, open documents and the engine's client; knows no editor. Reads on other threads.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from fillwright.engine.daemon.client import EngineClient
from fillwright.engine.daemon.wire import Health
from fillwright.engine.request import FileText, Memories
from fillwright.lsp_server.project.keys import workspace_key
from fillwright.lsp_server.project.legible import legible, text_of
from fillwright.lsp_server.project.survey import Found, Stamp, chosen, is_admitted, survey
from fillwright.lsp_server.settings.settings import ExclusionSettings
from fillwright.lsp_server.text.documents import Document

AT_ONCE = 50
"""Files in one message, so that none is long."""
BYTES_AT_ONCE = 1_000_000
WAITING = 100
"""Files that wait at the engine; more are not sent before it has caught up."""
LOOK_AGAIN_S = 0.25
QUIET_S = 2.0
"""A document is sent when nobody has typed in it for so long."""

Version = Stamp | int
"""What shows that a file was written, or a document changed, since it was sent."""


@dataclass(frozen=True, slots=True, eq=False)
class Open:
    """A document as an editor has it, and when somebody typed in it last, in seconds, and in which
    line, where that is known."""

    document: Document
    typed_at: float
    version: int
    line: int | None = None


class ProjectFolder:
    """`root` is resolved, `inner` are folders in it that are projects of their own. `files` is how
    many the engine remembers; `is_stale`: the disk has to be looked at again."""

    def __init__(
        self,
        root: Path,
        exclude: ExclusionSettings,
        inner: Collection[Path] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.root = root
        self.workspace = workspace_key(root)
        self.files = 0
        self.is_stale = True
        self._exclude = exclude
        self._inner = frozenset(inner)
        self._clock = clock
        self._versions = count()
        self._found: list[Found] = []
        self._chosen: list[Found] = []
        self._open: dict[str, Open] = {}
        self._admitted: dict[str, bool] = {}
        self._sent: dict[str, Version] = {}
        self._illegible: dict[str, Version] = {}
        self._is_told = False
        self._engine: tuple[int | None, str | None] = None, None

    def keep_out(self, exclude: ExclusionSettings, inner: Collection[Path]) -> None:
        """Other files are kept out from now on."""
        if (exclude, frozenset(inner)) != (self._exclude, self._inner):
            self._exclude, self._inner, self.is_stale = exclude, frozenset(inner), True

    def opened(self, key: str, document: Document) -> None:
        """What an editor has of a file is what counts."""
        # its neighbours come first now, where there is no room for all
        self.is_stale |= len(self._chosen) < len(self._found)
        self._open[key] = Open(document, -QUIET_S, next(self._versions))

    def changed(self, key: str, document: Document, line: int | None = None) -> None:
        """Somebody types in it, in this line."""
        self._open[key] = Open(document, self._clock(), next(self._versions), line)

    def closed(self, key: str) -> None:
        """What is saved counts again."""
        self.is_stale |= self._open.pop(key, None) is not None

    @property
    def is_typed_in(self) -> bool:
        """Whether a document waits until nobody types in it."""
        return any(self._is_typed_in(open_) for open_ in self._open.values())

    async def bring(self, engine: EngineClient) -> Health:
        """Have the engine know what all files say now, as far as one runs; gives how it is. Never
        starts one."""
        health = await engine.remember(Memories(self.workspace, ()))
        while self._is_taken_in(health):
            await self._look()
            due = self._due()
            if not due and await self._made_room():
                due = self._due()
            if not due:
                break
            open_ = dict(self._open)
            texts = await asyncio.to_thread(self._read, due, open_)
            health = await engine.remember(Memories(self.workspace, texts))
            if self._is_taken_in(health):
                self._note(due, texts)
            while health.to_remember > WAITING:
                await asyncio.sleep(LOOK_AGAIN_S)
                health = await engine.remember(Memories(self.workspace, ()))
        return health

    def _is_taken_in(self, health: Health) -> bool:
        """Whether the engine takes files. Where it is another one, or has forgotten what it was
        told, all are due again."""
        mine = {each.workspace: each for each in health.remembered}.get(self.workspace)
        pid, known = self._engine
        id_ = mine.id if mine else None
        self._engine, self.files = (health.pid, id_), mine.files if mine else 0
        # what waits at the engine has no workspace yet
        is_lost = known != id_ if known else self._is_told and not (mine or health.to_remember)
        if is_lost or pid != health.pid:
            self._sent.clear()
            self._is_told = False
        return health.status in ("loading", "ready") and health.remembers is not False

    async def _look(self) -> None:
        """Look at the disk where that is due, and whether what is open may be remembered."""
        if self.is_stale:
            self.is_stale = False
            self._found = await asyncio.to_thread(survey, self.root, self._inner, self._exclude)
            await self._choose()
            self._admitted.clear()
        if new := [key for key in self._open if key not in self._admitted]:
            self._admitted |= await asyncio.to_thread(self._admit, new)

    async def _made_room(self) -> bool:
        """Whether other files have come in place of those that are not to be remembered."""
        if self._illegible.keys().isdisjoint(file.key for file in self._chosen):
            return False
        await self._choose()
        return True

    async def _choose(self) -> None:
        found = [
            file
            for file in self._found
            if file.key not in self._open and self._illegible.get(file.key) != file.stamp
        ]
        near = {key.rpartition("/")[0] for key in self._open}
        taken = sum(len(open_.document.text) for open_ in self._open.values())
        self._chosen = await asyncio.to_thread(chosen, found, near, taken)

    def _due(self) -> dict[str, Version | None]:
        """The next files that the engine has otherwise, those that are open first; None for one
        that it is to forget."""
        now: dict[str, Version] = {
            key: self._sent.get(key, each.version) if self._is_typed_in(each) else each.version
            for key, each in self._open.items()
            if self._admitted.get(key)
        }
        sizes = {}
        for file in self._chosen:
            if file.key not in self._open:
                now[file.key], sizes[file.key] = file.stamp, file.stamp[1]
        due: dict[str, Version | None] = {key: None for key in self._sent if key not in now}
        room = BYTES_AT_ONCE
        for key, version in now.items():
            if len(due) >= AT_ONCE or room <= 0:
                break
            if self._sent.get(key) != version:
                due[key] = version
                room -= sizes.get(key, 0)
        return due

    def _admit(self, keys: Collection[str]) -> dict[str, bool]:
        return {key: is_admitted(self.root, key, self._exclude) for key in keys}

    def _read(
        self, due: Mapping[str, Version | None], open_: Mapping[str, Open]
    ) -> tuple[FileText, ...]:
        return tuple(
            FileText(key, None if version is None else self._text(key, open_.get(key)))
            for key, version in due.items()
        )

    def _text(self, key: str, open_: Open | None) -> str | None:
        if open_ is None:
            return text_of(self.root / key)
        return legible(open_.document.text, open_.document.language, open_.line)

    def _note(self, due: Mapping[str, Version | None], texts: tuple[FileText, ...]) -> None:
        for file in texts:
            version = due[file.key]
            if version is None:
                self._sent.pop(file.key, None)
                continue
            self._sent[file.key] = version
            if file.text is not None:
                self._is_told = True
                self._illegible.pop(file.key, None)
            elif isinstance(version, tuple):
                self._illegible[file.key] = version

    def _is_typed_in(self, open_: Open) -> bool:
        return self._clock() - open_.typed_at < QUIET_S
