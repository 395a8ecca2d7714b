"""How long the processes take to start, and what they need, in a table.

`python tests/bench/start.py`, without -P, for it imports server.py beside it. The language server
stands beside pygls alone, which is the least that it can take. The engine's daemon is measured from
the start of its process to the first fill, on the CPU's kernels and on torch. All take turns. Then
the size on disk of what an installation brings. Not a test.
"""

import asyncio
import re
import sys
import time
from importlib.metadata import distribution
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement
from rich.console import Console
from rich.table import Table
from server import SERVE, Server

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.daemon.client import EngineClient
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.request import Budget, Hole, InfillRequest
from fillwright.engine.training.export import re_export

ROUNDS = 7
PYGLS = "from pygls.lsp.server import LanguageServer; LanguageServer('bare', '1').start_io()"
TEXT = "def area(width, height):\n    return \n"
REQUEST = InfillRequest(
    TEXT, (Hole(len(TEXT) - 1, len(TEXT) - 1),), "python", shape="line", budget=Budget(tokens=16)
)


def main() -> None:
    """Measure and print."""
    table = Table("what", "median", "least", "goal", title=f"Starts, {ROUNDS} in turns")
    bare, ours = [], []
    for _ in range(ROUNDS):
        bare.append(_initialized([sys.executable, "-P", "-c", PYGLS]))
        ours.append(_initialized(SERVE))
    table.add_row("pygls alone: start to initialize answered", *_ms(bare), "")
    table.add_row("language server: the same", *_ms(ours), "<= 500 ms")
    ratio = median(one / other for one, other in zip(ours, bare, strict=True))
    table.add_row("language server / pygls alone", f"{ratio:.2f}x", "", "<= 1.15x")
    with TemporaryDirectory() as folder:
        # what the kernels do not take runs on torch
        on_torch = Path(folder, "torch")
        re_export(embedded_checkpoint(), on_torch, "bf16")
        engines = {"kernels": embedded_checkpoint(), "torch": on_torch}
        starts = {name: [] for name in engines}
        for turn in range(ROUNDS):
            for name, checkpoint in engines.items():
                runtime = Path(folder, f"{name}{turn}")
                runtime.mkdir(mode=0o700)
                settings = EngineSettings(checkpoint, "cpu", runtime)
                starts[name].append(asyncio.run(_first_fill(settings)))
    for name, found in starts.items():
        seconds, resident = zip(*found, strict=True)
        goals = ("<= 1000 ms", "<= 150 MB") if name == "kernels" else ("", "")
        table.add_row(f"engine, {name}: start to first fill", *_ms(list(seconds)), goals[0])
        memory = f"{median(resident):.0f} MB", f"{min(resident):.0f} MB"
        table.add_row(f"engine, {name}: resident after it", *memory, goals[1])
    table.add_row("installed without extras", f"{_installed() / 1e6:.0f} MB", "", "<= 250 MB")
    table.add_row("the same with gpu", f"{_installed('gpu') / 1e6:.0f} MB", "", "")
    Console().print(table)


def _initialized(command: list[str]) -> float:
    """Seconds from the start of a process to its answer to initialize."""
    began = time.perf_counter()
    with Server(command) as server:
        server.initialize()
        return time.perf_counter() - began


async def _first_fill(settings: EngineSettings) -> tuple[float, float]:
    """Seconds from nothing to a fill, and the daemon's resident memory in MB after it."""
    client, began = EngineClient(settings), time.perf_counter()
    await client.fill(REQUEST)
    taken = time.perf_counter() - began
    pid = (await client.health()).pid
    status = Path(f"/proc/{pid}/status").read_text()
    await client.stop()
    await client.aclose()
    return taken, int(status.split("VmRSS:")[1].split()[0]) / 1024


def _installed(*extras: str) -> int:
    """Bytes of fillwright's own files and of every package that it brings, as pip counts them."""
    seen: set[str] = set()
    wanted, size = [Requirement("fillwright")], 0
    while wanted:
        requirement = wanted.pop()
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if name in seen:
            continue
        seen.add(name)
        found = distribution(name)
        size += sum(_size(path.locate()) for path in found.files or ())
        asked = {"", *(extras if name == "fillwright" else ()), *requirement.extras}
        for text in found.requires or ():
            needed = Requirement(text)
            if not needed.marker or any(needed.marker.evaluate({"extra": e}) for e in asked):
                wanted.append(needed)
    return size + sum(_size(path) for path in embedded_checkpoint().parents[2].rglob("*.*"))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _ms(seconds: list[float]) -> tuple[str, str]:
    return f"{1e3 * median(seconds):.0f} ms", f"{1e3 * min(seconds):.0f} ms"


if __name__ == "__main__":
    main()
