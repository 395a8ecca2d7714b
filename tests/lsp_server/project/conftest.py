"""A project on disk, and an engine that remembers at once: its memory is the real one."""

import os
from pathlib import Path

import pytest

from fillwright.engine.daemon.wire import Health, Status
from fillwright.engine.memory.contexts import what_followed
from fillwright.engine.memory.remembered import Remembered
from fillwright.engine.request import Memories

CHARACTERS = 256


class Engine:
    """The client of an engine; a killed one has another `pid` and knows nothing. `sent` has what it
    was told, message by message. While it `loads` it takes nothing in."""

    def __init__(self) -> None:
        self.pid = 1
        self.status: Status = "ready"
        self.remembers = True
        self.loads = False
        self._waiting: list[Memories] = []
        self.memory = Remembered(_by_character, CHARACTERS)
        self.sent: list[Memories] = []

    async def remember(self, memories: Memories) -> Health:
        if self.status == "stopped":
            return Health("stopped")
        if memories.files:
            self.sent.append(memories)
        self.memory.renew(memories.workspace)
        self._waiting += [memories] if self.remembers else []
        if not self.loads:
            for each in self._waiting:
                for file in each.files:
                    self.memory.take(each.workspace, file)
            self._waiting.clear()
        return Health(
            self.status,
            pid=self.pid,
            remembers=self.remembers,
            remembered=self.memory.known(),
            to_remember=sum(len(each.files) for each in self._waiting),
        )

    def kill(self) -> None:
        self.pid += 1
        self._waiting.clear()
        self.memory = Remembered(_by_character, CHARACTERS)

    def knows(self, workspace: str, text: str) -> bool:
        """Whether the whole text stands in one file of a workspace."""
        ids = _by_character(text)
        levels = what_followed(self.memory.stores(workspace, ""), ids[:-1])
        least = min(len(ids) - 1, 24)
        return any(level.length >= least and ids[-1] in level.tokens for level in levels)

    @property
    def keys(self) -> set[str]:
        """Of all files that it was told last to remember."""
        last = {file.key: file.text for memories in self.sent for file in memories.files}
        return {key for key, text in last.items() if text is not None}


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of a project, resolved, and a repository of its own."""
    folder = tmp_path.resolve() / "project"
    (folder / ".git").mkdir(parents=True)
    return folder


def put(root: Path, key: str, text: str, *, at: int | None = None) -> Path:
    """Write a file, and when that was, in seconds."""
    path = root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    if at is not None:
        os.utime(path, (at, at))
    return path


def _by_character(text: str) -> list[int]:
    return [min(ord(each), CHARACTERS - 1) for each in text]
