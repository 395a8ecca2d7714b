"""What happens around the editors: a project whose files and branches change, an engine that is
killed; and what Linux says of processes."""

import asyncio
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from editor import Editor

from fillwright.engine.daemon.client import EngineClient

ROOT = Path(__file__).parents[3]
SOURCES = ("lsp_server/fills", "lsp_server/text", "engine/memory", "fixtures/demo")
GIT = ["git", "-c", "user.name=soak", "-c", "user.email=soak@localhost"]
CHANGE_EVERY_S = 7.0


def make_project(folder: Path) -> None:
    """A repository of some of our own files, with a branch in which they are different."""
    for source in SOURCES:
        for path in (ROOT / source).glob("*.py"):
            place = folder / source / path.name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)
    git(folder, "init", "--quiet", "--initial-branch=main")
    _commit(folder)
    git(folder, "checkout", "--quiet", "-b", "other")
    for number, path in enumerate(sorted(folder.rglob("*.py"))):
        text = path.read_text("utf-8")
        if number % 5 == 0:
            path.unlink()
        elif number % 2:
            path.write_text(text.replace("self", "this") + "\n\ndef added():\n    pass\n", "utf-8")
    _commit(folder)


async def change_files(folder: Path, editors: Sequence[Editor], counts: Counter[str]) -> None:
    """Branches, new files, files that go and other ignore rules, until cancelled; every editor
    tells its server."""
    chance = random.Random(0)
    while True:
        await asyncio.sleep(CHANGE_EVERY_S)
        what = chance.choice(("branch", "branch", "new", "gone", "ignored"))
        if what == "branch":
            git(folder, "checkout", "--quiet", "--force", chance.choice(("main", "other")))
        elif what == "new":
            (folder / f"new_{chance.randrange(5)}.py").write_text("def f(x):\n    return x\n")
        elif what == "gone":
            (folder / f"new_{chance.randrange(5)}.py").unlink(missing_ok=True)
        else:
            (folder / ".gitignore").write_text(chance.choice(("", "new_*\n", "*.md\n")))
        counts[f"changes underneath: {what}"] += 1
        changes = {"changes": [{"uri": folder.as_uri(), "type": 2}]}
        for editor in editors:
            editor.server.notify("workspace/didChangeWatchedFiles", changes)


async def kill_engine(
    client: EngineClient, every_s: float, lives: list[tuple[float, float]]
) -> None:
    """Kill the engine every so often, until cancelled; notes when, and its megabytes then."""
    while True:
        await asyncio.sleep(every_s)
        pid = (await client.health()).pid
        if pid is not None:
            lives.append((time.monotonic(), resident_mb(pid)))
            os.kill(pid, signal.SIGKILL)


def resident_mb(pid: int) -> float:
    """The process's memory, as Linux counts it."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def open_files(pid: int) -> int:
    """How many file handles a process has."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def processes_with(word: str) -> list[int]:
    """The processes whose environment has this word, without this one."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if word.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            # it is gone, or another user's
            continue
    return [pid for pid in found if pid != os.getpid()]


def git(folder: Path, *words: str) -> None:
    subprocess.run([*GIT, *words], cwd=folder, check=True, capture_output=True)


def _commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "files")
