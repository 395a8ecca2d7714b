"""Looks at the engine's private folder and at the engine itself. Starts none."""

import asyncio
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from fillwright.engine.daemon.client import EngineClient, EngineSettings, Health, health_at
from fillwright.engine.daemon.lifecycle import is_alive
from fillwright.engine.daemon.runtime_dir import EnginePlace, place_of
from fillwright.engine.version import VERSION
from fillwright.lsp_server.cli.doctor.finding import Finding, ok, wrong
from fillwright.lsp_server.cli.engine import describe
from fillwright.lsp_server.cli.memory import describe_memory


def look_at_folder(settings: EngineSettings) -> Iterator[Finding]:
    """The runtime folder, and the sockets in it: for this user only. Raises EngineUnavailable."""
    folder = place_of(settings).folder
    yield ok("runtime folder", f"{folder}, for this user only")
    for path in sorted(folder.glob("*.sock")):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077 and hasattr(os, "getuid"):
            yield wrong("socket", f"others may use {path} ({mode:o})", f"Run `chmod 600 {path}`.")


def look_at_engine(settings: EngineSettings) -> Iterator[Finding]:
    """The engine of this version and checkpoint, then the others of this user."""
    health = asyncio.run(_health(settings))
    if health.status == "failed":
        yield wrong(
            "engine",
            describe(health).removeprefix("engine "),
            "Remove the reason, then run `fillwright engine stop` and `fillwright engine start`.",
        )
    elif health.status == "stopped":
        yield Finding("engine", "missing", describe(health).removeprefix("engine "))
    else:
        running = describe(health).removeprefix("engine ")
        yield ok("engine", f"{running}, version {VERSION}")
        yield ok("projects", describe_memory(health))
    ours = place_of(settings)
    for name in sorted(path.stem for path in ours.folder.glob("engine-*.lock")):
        place = EnginePlace(ours.folder, name)
        if name != ours.name and is_alive(place):
            health = asyncio.run(health_at(place))
            known = " on ".join(filter(None, (health.model, health.device)))
            yield Finding(
                "another engine",
                "missing",
                f"{_pid(place)} has another checkpoint, device, version or installation: "
                f"{known or 'model not known'}, {health.status}",
                "It ends when it has been idle for a while.",
            )


def _pid(place: EnginePlace) -> str:
    try:
        return f"pid {int(Path(place.pid).read_text())}"
    except (OSError, ValueError):
        # it is just starting, or just leaving
        return "one without a pid"


async def _health(settings: EngineSettings) -> Health:
    client = EngineClient(settings)
    try:
        return await client.health()
    finally:
        await client.aclose()
