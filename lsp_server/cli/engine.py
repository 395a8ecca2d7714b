"""`fillwright engine start|stop|status`. Knows the engine's client and lifecycle only."""

import asyncio
from typing import Literal

from fillwright.engine.daemon.client import EngineClient, EngineSettings, Health
from fillwright.engine.daemon.lifecycle import stop_all
from fillwright.engine.daemon.runtime_dir import default_folder, private_folder

Action = Literal["start", "stop", "status"]


def engine_command(action: Action, settings: EngineSettings) -> int:
    """Do one action and say in a line how it went; gives the exit code."""
    return asyncio.run(_ask(action, settings))


def stop_every_engine() -> int:
    """Stop all engines of this user, whatever their model and device; gives the exit code."""
    stopped = asyncio.run(stop_all(private_folder(default_folder())))
    if stopped > 1:
        print(f"{stopped} engines stopped")
    else:
        print("engine stopped" if stopped else "no engine was running")
    return 0


async def _ask(action: Action, settings: EngineSettings) -> int:
    client = EngineClient(settings)
    try:
        if action == "stop":
            stopped = await client.stop()
            print("engine stopped" if stopped else "no engine was running")
            return 0
        health = await (client.start() if action == "start" else client.health())
        print(describe(health))
        return 3 if health.status == "failed" else 0
    finally:
        await client.aclose()


def describe(health: Health) -> str:
    """One line: the engine's status, and what is known of its model and process."""
    if health.status == "stopped":
        return "engine stopped; the first fill starts it"
    if health.status == "failed":
        return f"engine failed (pid {health.pid}): {health.reason}"
    loaded = f" {health.fraction:.0%}" if health.status == "loading" else ""
    known = [word for word in (health.model, health.device, f"pid {health.pid}") if word]
    return f"engine {health.status}{loaded} ({', '.join(known)})"
