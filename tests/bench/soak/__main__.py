"""Long work in short: simulated editors type through real language servers while the engine is
killed every minute and files and git branches change underneath.

`python -P tests/bench/soak --minutes 120`, on Linux. Each editor has a server process of its own;
all share one engine. What is typed is made from our own files by a seed: ends of lines typed again
with slips of the finger, ghost text taken and undone, bodies filled and undone, files closed and
saved. Looked at are the text (an editor's and its server's are the same, a suggestion loses nothing
that was typed, a fill changes its function only and leaves a file that parses), memory and open
files of servers and engine after ten minutes and at the end, and what is left over.

With `--pace 0.3` a person's pauses are a third as long; with a model server that is named in
`FILLWRIGHT_ENGINE_URL` the work of two hours goes into half an hour.

Prints a report. The exit status is 1 where something did not hold. Not a test.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from editor import Editor
from world import (
    change_files,
    kill_engine,
    make_project,
    open_files,
    processes_with,
    resident_mb,
)

from fillwright.engine.daemon.client import EngineClient, EngineSettings
from fillwright.engine.remote.settings import RemoteSettings, url_for

EDITORS = 4
SAMPLE_EVERY_S, WARM_S, WINDOW_S = 10.0, 600.0, 300.0
MOST_GROWTH = 0.05
LEFT_ON_PURPOSE = (".lock", ".starting", ".log", ".log.1")


@dataclass(frozen=True)
class Sample:
    """A process at a moment, in seconds of `time.monotonic`."""

    who: str
    at: float
    mb: float
    files: int


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--kill-seconds", type=float, default=60, help="0: never (60)")
    parser.add_argument("--pace", type=float, default=1, help="times a person's pauses (1)")
    arguments = parser.parse_args()
    # a short path: a Unix socket's has about 100 bytes
    place = Path(tempfile.mkdtemp(prefix="soak-"))
    # servers and engine have it from here
    os.environ["FILLWRIGHT_RUNTIME_DIR"] = str(place / "run")
    try:
        faults = asyncio.run(soak(place, arguments))
    finally:
        shutil.rmtree(place, ignore_errors=True)
    sys.exit(1 if faults else 0)


async def soak(place: Path, arguments: argparse.Namespace) -> list[str]:
    """Everything; gives what did not hold."""
    project = place / "project"
    make_project(project)
    counts, samples = Counter[str](), list[Sample]()
    lives = list[tuple[float, float]]()
    url = url_for(None, None)
    client = EngineClient(EngineSettings(remote=RemoteSettings(url) if url else None))
    editors = [Editor(number, project, counts, arguments.pace) for number in range(EDITORS)]
    for number, editor in enumerate(editors):
        await editor.start(place / f"server-{number}.log")
    began = time.monotonic()
    around = [
        asyncio.create_task(change_files(project, editors, counts)),
        asyncio.create_task(watch(client, editors, samples)),
    ]
    if arguments.kill_seconds:
        around.append(asyncio.create_task(kill_engine(client, arguments.kill_seconds, lives)))
    until = began + 60 * arguments.minutes
    await asyncio.gather(*(editor.work(until) for editor in editors))
    faults = [fault for editor in editors for fault in editor.faults]
    for task in around:
        task.cancel()
    for task in await asyncio.gather(*around, return_exceptions=True):
        if not isinstance(task, asyncio.CancelledError):
            faults.append(f"the soak itself failed: {task!r}")
    statuses = [await editor.server.end() for editor in editors]
    # one that was killed leaves its socket to the next, which stops in good order
    await client.start()
    await client.stop()
    if any(statuses):
        faults.append(f"the servers ended with {statuses}")
    faults += leftovers(place)
    samples += [Sample("engine, before it is killed", at, mb, 0) for at, mb in lives]
    faults += growth(samples, began)
    print(f"{EDITORS} editors, {(time.monotonic() - began) / 60:.0f} minutes; kills: {len(lives)}")
    for name, number in sorted(counts.items()):
        print(f"  {number:7d}  {name}")
    for fault in faults or ["nothing was lost, wrong or left over"]:
        print(f"{'FAULT: ' if faults else ''}{fault}")
    return faults


async def watch(client: EngineClient, editors: Sequence[Editor], samples: list[Sample]) -> None:
    """Sample memory and open files until cancelled."""
    while True:
        await asyncio.sleep(SAMPLE_EVERY_S)
        engine = (await client.health()).pid
        pids = {f"server {n}": editor.server.process.pid for n, editor in enumerate(editors)}
        for who, pid in (pids | ({"engine": engine} if engine else {})).items():
            try:
                samples.append(Sample(who, time.monotonic(), resident_mb(pid), open_files(pid)))
            except (OSError, IndexError):
                # the engine was killed this moment
                continue


def growth(samples: Sequence[Sample], began: float) -> list[str]:
    """Prints memory and files early and late; gives what has grown. Of an engine that is killed
    only the ends of its lives are compared: it grows with what it reads."""
    faults = []
    last = max((sample.at for sample in samples), default=began)
    warm = min(began + WARM_S, began + (last - began) / 2)
    lives = "engine, before it is killed"
    names = sorted({sample.who for sample in samples})
    for who in names:
        mine = [sample for sample in samples if sample.who == who]
        early = [s for s in mine if warm <= s.at < warm + WINDOW_S]
        late = [s for s in mine if s.at >= last - WINDOW_S]
        if not early or not late:
            continue
        mb = [mean(s.mb for s in part) for part in (early, late)]
        files = [max(s.files for s in part) for part in (early, late)]
        print(f"  {who}: {mb[0]:.1f} -> {mb[1]:.1f} MB, {files[0]} -> {files[1]} files at most")
        if who == "engine" and lives in names:
            continue
        if mb[1] > mb[0] * (1 + MOST_GROWTH):
            faults.append(f"{who} grew from {mb[0]:.1f} to {mb[1]:.1f} MB")
        if files[1] > files[0] + EDITORS:
            faults.append(f"{who} had {files[0]} open files, then {files[1]}")
    return faults


def leftovers(place: Path) -> list[str]:
    """Processes and files that should be gone, and tracebacks in the servers' logs."""
    faults = [f"process {pid} is left over" for pid in processes_with(place.name)]
    for path in (place / "run").iterdir():
        if not path.name.endswith(LEFT_ON_PURPOSE):
            faults.append(f"{path.name} is left over")
    for log in place.glob("**/*.log"):
        if "Traceback" in (text := log.read_text("utf-8", "replace")):
            faults.append(f"{log.name}: {text[text.find('Traceback') :][:1500]}")
    return faults


if __name__ == "__main__":
    main()
