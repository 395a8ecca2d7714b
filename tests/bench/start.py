"""How long the processes take to start, and what they need, in a table.

`python tests/bench/start.py`, without -P, for it imports server.py beside it. The language server
stands beside pygls alone, which is the least that it can take. The engine's daemon is measured from
the start of its process to the first fill, on the CPU's kernels and on torch. All take turns. Then
the size on disk of what an installation brings. Not a test.
"""

import asyncio
import os
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

from fillwright import engine, kernels, lsp_server
from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.daemon.client import EngineClient
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.request import Budget, Hole, InfillRequest
from fillwright.engine.training.export import re_export

ROUNDS = 7
OWN = (engine, kernels, lsp_server)
PYGLS = "from pygls.lsp.server import LanguageServer; LanguageServer('bare', '1').start_io()"
TEXT = "def area(width, height):\n    return \n"
REQUEST = InfillRequest(
    TEXT, (Hole(len(TEXT) - 1, len(TEXT) - 1),), "python", shape="line", budget=Budget(tokens=16)
)


Start = tuple[float, float, float]
"""Seconds, seconds of a processor, and resident memory in MB."""


def main() -> None:
    """Measure and print."""
    title = f"Starts, {ROUNDS} in turns, medians"
    table = Table("what", "milliseconds", "of a processor", "resident MB", "goal", title=title)
    bare, ours = [], []
    for _ in range(ROUNDS):
        bare.append(_initialized([sys.executable, "-P", "-c", PYGLS]))
        ours.append(_initialized(SERVE))
    table.add_row("pygls alone, to initialize answered", *_cells(bare), "")
    table.add_row("language server, to the same", *_cells(ours), "500 ms")
    ratios = [_ratio(ours, bare, part) for part in (0, 1)]
    table.add_row("the one divided by the other", *ratios, "", "1.15x")
    with TemporaryDirectory() as folder:
        # what the kernels do not take runs on torch
        on_torch = Path(folder, "torch")
        re_export(embedded_checkpoint(), on_torch, "bf16")
        engines = {"kernels": embedded_checkpoint(), "torch": on_torch}
        starts: dict[str, list[Start]] = {name: [] for name in engines}
        for turn in range(ROUNDS):
            for name, checkpoint in engines.items():
                runtime = Path(folder, f"{name}{turn}")
                runtime.mkdir(mode=0o700)
                settings = EngineSettings(checkpoint, "cpu", runtime)
                starts[name].append(asyncio.run(_first_fill(settings)))
    for name, found in starts.items():
        goal = "1,000 ms, 150 MB" if name == "kernels" else ""
        table.add_row(f"engine, {name}, to the first fill", *_cells(found), goal)
    Console().print(table)
    print(f"installed: {_installed() / 1e6:.0f} MB (goal 250)")
    print(f"with the extra gpu: {_installed('gpu') / 1e6:.0f} MB")


def _initialized(command: list[str]) -> Start:
    """Of a language server, from the start of its process to its answer to initialize."""
    began = time.perf_counter()
    with Server(command) as server:
        server.initialize()
        return _start(began, server.process.pid)


async def _first_fill(settings: EngineSettings) -> Start:
    """Of an engine, from nothing to a fill."""
    client, began = EngineClient(settings), time.perf_counter()
    await client.fill(REQUEST)
    taken = time.perf_counter() - began
    pid = (await client.health()).pid
    assert pid
    _, cpu, resident = _start(began, pid)
    await client.stop()
    await client.aclose()
    return taken, cpu, resident


def _start(began: float, pid: int) -> Start:
    taken = time.perf_counter() - began
    used = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text()
    ticks = os.sysconf("SC_CLK_TCK")
    return (
        taken,
        (int(used[11]) + int(used[12])) / ticks,
        int(status.split("VmRSS:")[1].split()[0]) / 1024,
    )


def _cells(starts: list[Start]) -> tuple[str, str, str]:
    wall, cpu, resident = (median(each) for each in zip(*starts, strict=True))
    return f"{1e3 * wall:.0f}", f"{1e3 * cpu:.0f}", f"{resident:.0f}"


def _ratio(ours: list[Start], others: list[Start], part: int) -> str:
    pairs = zip(ours, others, strict=True)
    return f"{median(one[part] / other[part] for one, other in pairs):.2f}x"


def _installed(*extras: str) -> int:
    """Bytes of fillwright's own files and of every package that it brings, as pip counts them."""
    seen = {"fillwright"}
    size = sum(_size(path) for each in OWN for path in Path(each.__path__[0]).rglob("*"))
    wanted = [("fillwright", set(extras))]
    while wanted:
        name, asked = wanted.pop()
        for text in distribution(name).requires or ():
            needed = Requirement(text)
            found = re.sub(r"[-_.]+", "-", needed.name).lower()
            holds = not needed.marker or any(
                needed.marker.evaluate({"extra": extra}) for extra in {"", *asked}
            )
            if holds and found not in seen:
                seen.add(found)
                size += sum(_size(Path(file.locate())) for file in distribution(found).files or ())
                wanted.append((found, needed.extras))
    return size


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


if __name__ == "__main__":
    main()
