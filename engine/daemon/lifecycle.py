"""Start and stop the daemon's process, once for all clients that want it at the same moment.

Knows nothing of fills or models. The daemon's life lock keeps the promise that there is never a
second one; the starting lock only saves the work of processes that would find the life lock held.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fillwright.engine.daemon.arguments import remote_options
from fillwright.engine.daemon.runtime_dir import EnginePlace, places_in
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.errors import EngineUnavailable

if TYPE_CHECKING:
    from filelock import BaseFileLock

LOG_BYTES = 1_000_000
READY = b"ready\n"
_POLL_S = 0.03


async def start_once(
    settings: EngineSettings, place: EnginePlace, answers: Callable[[], Awaitable[bool]]
) -> None:
    """Return when a daemon `answers`, having started it unless somebody else did.

    Raises `EngineUnavailable` when it ends before it answers, or takes longer than
    `settings.start_timeout_s`.
    """
    try:
        async with asyncio.timeout(settings.start_timeout_s):
            async with _only_one(place.starting_lock()):
                if not await answers():
                    await _spawn(settings, place)
    except TimeoutError as error:
        raise EngineUnavailable(
            f"The engine did not answer within {settings.start_timeout_s:g} s; "
            f"its log is {place.log}."
        ) from error


async def stop(place: EnginePlace, patience_s: float = 10) -> bool:
    """End the daemon and wait until it is gone; false when there is none.

    One that does not leave within `patience_s` is killed: it holds nothing that could be lost.
    """
    if not is_alive(place):
        return False
    for ending in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        # a daemon that is just starting, or just leaving, has no pid file
        with suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int(place.pid.read_text()), ending)
        if await _gone(place, patience_s):
            return True
    raise EngineUnavailable(f"The engine does not end; its log is {place.log}.")


async def stop_all(folder: Path) -> int:
    """End every daemon whose files are in a runtime folder; gives their number."""
    return sum([await stop(place) for place in places_in(folder)])


def is_alive(place: EnginePlace) -> bool:
    """Whether a daemon holds the life lock: true also for one that hangs or is just starting."""
    from filelock import Timeout

    try:
        with place.life_lock().acquire(blocking=False):
            return False
    except Timeout:
        return True


async def _spawn(settings: EngineSettings, place: EnginePlace) -> None:
    """Start the daemon, detached, and wait until it listens, or says why it cannot."""
    log = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        if os.fstat(log).st_size > LOG_BYTES:
            os.ftruncate(log, 0)
        process = await asyncio.create_subprocess_exec(
            *_command(settings, place),
            # never the user's workspace: a folder there may be called torch
            cwd=place.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            creationflags=getattr(subprocess, "DETACHED_PROCESS", 0),
        )
    except OSError as error:
        raise EngineUnavailable(
            f"The engine cannot be started with {sys.executable} ({error.strerror})."
        ) from error
    finally:
        os.close(log)
    assert process.stdout is not None
    # the daemon forks, so this process ends at once and the pipe closes when it is ready
    said = await process.stdout.read()
    if hasattr(os, "fork"):
        await process.wait()
    if said != READY:
        raise EngineUnavailable(
            said.decode().strip() or f"The engine ended while it started; its log is {place.log}."
        )


def _command(settings: EngineSettings, place: EnginePlace) -> list[str]:
    command = [sys.executable, "-P", "-m", "fillwright.engine.daemon", "--detach"]
    command += ["--runtime-dir", str(place.folder), "--device", settings.device]
    command += ["--idle-seconds", str(settings.idle_seconds)]
    if settings.checkpoint is not None:
        command += ["--checkpoint", str(settings.checkpoint.resolve())]
    if settings.remote is not None:
        command += remote_options(settings.remote)
    return command


async def _gone(place: EnginePlace, patience_s: float) -> bool:
    try:
        async with asyncio.timeout(patience_s):
            while is_alive(place):
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        return False
    return True


@asynccontextmanager
async def _only_one(lock: "BaseFileLock") -> AsyncIterator[None]:
    """Hold a file lock without ever blocking the event loop."""
    from filelock import Timeout

    while True:
        try:
            lock.acquire(blocking=False)
            break
        except Timeout:
            await asyncio.sleep(_POLL_S)
    try:
        yield
    finally:
        lock.release()
