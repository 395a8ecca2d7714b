"""The daemon's process: the only one of its place, on a private socket, until nobody needs it.

Knows nothing of requests (`app`) or of how work is ordered (`resident`).
"""

import asyncio
import json
import logging
import os
import secrets
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.cores import engine_threads
from fillwright.engine.daemon.access import BearerToken, Network
from fillwright.engine.daemon.app import build_app
from fillwright.engine.daemon.client import EngineClient
from fillwright.engine.daemon.logs import log_to_stderr
from fillwright.engine.daemon.metrics import Metrics
from fillwright.engine.daemon.resident import Resident
from fillwright.engine.daemon.runtime_dir import EnginePlace, place_of
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.daemon.users import User
from fillwright.engine.errors import BadRequest, CheckpointError, EngineUnavailable
from fillwright.engine.filling import Engine
from fillwright.engine.prompt_format import engine_takes_instructions

if TYPE_CHECKING:
    from filelock import BaseFileLock

log = logging.getLogger(__name__)

CLAIM_S = 10
# one window's fill must not wait for another's where a server does the work
REMOTE_WORKERS = 4
DRAIN_S = 1


class EngineRunsAlready(EngineUnavailable):
    """Another daemon serves this place."""


def run(
    settings: EngineSettings,
    network: Network | None = None,
    listening: Callable[[], None] = lambda: None,
) -> None:
    """Serve until told to stop or idle; `listening` is called when clients can connect.

    Raises `EngineRunsAlready`, `EngineUnavailable` and `BadRequest` (for an unusable address).
    """
    log_to_stderr()
    asyncio.run(_run(settings, network, listening))


async def _run(
    settings: EngineSettings, network: Network | None, listening: Callable[[], None]
) -> None:
    # sockets, logs and what a library may write are for this user's eyes
    os.umask(0o077)
    place = place_of(settings)
    lock = await _claim(settings, place)
    try:
        _write(place.pid, str(os.getpid()))
        listeners, doors = _listen(place, network)
        listening()
        log.info("Process %d serves %s.", os.getpid(), place.name)
        await _serve(settings, listeners, doors, _needed(settings, place, network))
        log.info("Leaving.")
    finally:
        for file in (place.socket, place.loopback, place.pid):
            # what stays is no obstacle to the next daemon
            with suppress(OSError):
                file.unlink()
        lock.release()


async def _claim(settings: EngineSettings, place: EnginePlace) -> "BaseFileLock":
    """The life lock of this place. One that is leaving still holds it for a moment."""
    # imported here as in `runtime_dir`
    from filelock import Timeout

    lock = place.life_lock()
    try:
        async with asyncio.timeout(CLAIM_S):
            while True:
                try:
                    return lock.acquire(blocking=False).lock
                except Timeout:
                    health = await EngineClient(settings).health()
                if health.status != "stopped":
                    raise EngineRunsAlready(
                        f"This engine runs already, as process {health.pid}; stop it first."
                    )
                await asyncio.sleep(0.05)
    except TimeoutError as error:
        raise EngineUnavailable(
            "Another engine process is starting or stopping and is stuck; "
            "run `fillwright engine stop`."
        ) from error


@dataclass(frozen=True, slots=True)
class Doors:
    """The users of every TCP port, and which port is private where a Unix socket is impossible."""

    users: dict[int, tuple[User, ...]]
    private: int | None = None


def _listen(place: EnginePlace, network: Network | None) -> tuple[list[socket.socket], Doors]:
    """Listening sockets, the private one first, and who may come in."""
    users: dict[int, tuple[User, ...]] = {}
    listeners, private = [], None
    if place.has_unix_socket:
        listeners.append(_unix_socket(place))
    else:
        listener, user = _loopback(place)
        private = listener.getsockname()[1]
        users[private] = (user,)
        listeners.append(listener)
    if network is not None:
        family = socket.AF_INET6 if ":" in network.host else socket.AF_INET
        try:
            public = _tcp(network.host, network.port, family)
        except OSError as error:
            raise BadRequest(
                f"The engine cannot listen on {network.host} port {network.port} "
                f"({error.strerror})."
            ) from error
        users[public.getsockname()[1]] = network.users
        listeners.append(public)
    return listeners, Doors(users, private)


def _unix_socket(place: EnginePlace) -> socket.socket:
    private = socket.socket(socket.AF_UNIX)
    try:
        # we hold the life lock, so what lies here was left by a crash
        place.socket.unlink(missing_ok=True)
        private.bind(str(place.socket))
        place.socket.chmod(0o600)
        private.listen()
    except OSError as error:
        raise EngineUnavailable(
            f"No Unix socket can be made in {place.folder} ({error.strerror}); "
            "set FILLWRIGHT_RUNTIME_DIR to a folder on a local disk."
        ) from error
    return private


def _loopback(place: EnginePlace) -> tuple[socket.socket, User]:
    private = _tcp("127.0.0.1", 0, socket.AF_INET)
    user = User(secrets.token_urlsafe(32))
    # replaced as a whole: a client never reads half of it
    written = place.loopback.with_suffix(".new")
    _write(written, json.dumps({"port": private.getsockname()[1], "token": user.token}))
    written.replace(place.loopback)
    return private, user


def _tcp(host: str, port: int, family: socket.AddressFamily) -> socket.socket:
    listener = socket.create_server((host, port), family=family)
    # inherited by what is accepted: else the body of an answer waits 40 ms for the head to be
    # acknowledged
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text)
    except OSError as error:
        raise EngineUnavailable(
            f"The engine cannot write into {path.parent} ({error.strerror}); make room there."
        ) from error


def _needed(
    settings: EngineSettings, place: EnginePlace, network: Network | None
) -> Callable[[], float]:
    """For how many idle seconds the daemon stays: none when no new client could find it, because
    its door is gone or another one stands there."""
    door = place.socket if place.has_unix_socket else place.loopback
    ours = _identity(door)
    return lambda: settings.idle_seconds if network is not None or _identity(door) == ours else 0


def _identity(path: Path) -> tuple[int, ...] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_mtime_ns


async def _serve(
    settings: EngineSettings,
    listeners: list[socket.socket],
    doors: Doors,
    needed: Callable[[], float],
) -> None:
    metrics = Metrics()
    resident = Resident(
        lambda progress: _load(settings, progress),
        finished=metrics.finished,
        instructions=engine_takes_instructions(settings),
        workers=REMOTE_WORKERS if settings.remote else 1,
    )
    server = uvicorn.Server(
        uvicorn.Config(
            BearerToken(build_app(resident, metrics), doors.users, doors.private),
            http="auto",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=DRAIN_S,
        )
    )
    # uvicorn repeats the signal that ended it, which would end us before we tidied up
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.SIG_IGN)
    resident.start()
    leaving = asyncio.create_task(_leave_when_idle(server, resident, needed))
    try:
        await server.serve(sockets=listeners)
    finally:
        leaving.cancel()
        await asyncio.to_thread(resident.close)


async def _leave_when_idle(
    server: uvicorn.Server, resident: Resident, needed: Callable[[], float]
) -> None:
    while not resident.shutdown_if_idle(needed()):
        await asyncio.to_thread(resident.forget_unused)
        await asyncio.sleep(min(needed() / 4 + 0.1, 5))
    server.should_exit = True


def _load(settings: EngineSettings, progress: Callable[[float], None]) -> Engine:
    """Runs on the owner's thread: the model is no business of any other."""
    if settings.remote is not None:
        from fillwright.engine.remote.connecting import connect

        return connect(settings.remote, progress)
    checkpoint = settings.checkpoint or embedded_checkpoint()
    if not checkpoint.is_dir():
        raise CheckpointError(f"There is no checkpoint folder {checkpoint}.")
    from fillwright.engine.loading import load_engine

    # a number that the user chose stands
    threads = None if "OMP_NUM_THREADS" in os.environ else engine_threads()
    return load_engine(checkpoint, settings.device, progress, threads)
