"""`fillwright engine run|start|stop|status|probe`. Knows the engine's client and lifecycle only."""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from fillwright.engine.daemon.arguments import (
    add_engine_arguments,
    add_remote_arguments,
    add_serving_arguments,
    network_of,
    remote_of,
)
from fillwright.engine.daemon.client import EngineClient, EngineSettings, Health
from fillwright.engine.daemon.lifecycle import stop_all
from fillwright.engine.daemon.runtime_dir import default_folder, private_folder
from fillwright.lsp_server.cli.arguments import ENGINE_FAILED, Parser
from fillwright.lsp_server.cli.engine_arguments import engine_settings, startable

Action = Literal["start", "stop", "status"]
ACTIONS = {
    "run": "be the engine, until interrupted",
    "start": "start the engine when there is none",
    "stop": "stop every engine, or the one that is named",
    "status": "say how the engine is",
    "probe": "say what a model server is, and how to set it",
}


def main(argv: Sequence[str]) -> int:
    """Run one command line, without its first two words; gives the exit code."""
    parser = Parser(prog="fillwright engine", description="The engine that every editor shares.")
    actions = parser.add_subparsers(metavar="|".join(ACTIONS), required=True)
    for name, help in ACTIONS.items():
        action = actions.add_parser(name, help=help, description=help)
        if name == "probe":
            action.add_argument("url", metavar="URL")
            add_remote_arguments(action)
        else:
            add_engine_arguments(action)
        action.set_defaults(action=name)
        if name == "run":
            add_serving_arguments(action)
    arguments = parser.parse_args(argv)
    match arguments.action:
        case "run":
            return _run(arguments)
        case "probe":
            return _probe(arguments)
        case "stop" if not (arguments.model or arguments.engine or arguments.device != "auto"):
            return stop_every_engine()
        case "start":
            return engine_command("start", startable(arguments))
        case action:
            return engine_command(action, engine_settings(arguments))


def _run(arguments: argparse.Namespace) -> int:
    from fillwright.engine.daemon.server import run

    settings = replace(startable(arguments), idle_seconds=arguments.idle_seconds)
    run(settings, network_of(arguments))
    return 0


def _probe(arguments: argparse.Namespace) -> int:
    # httpx is loaded for this alone
    from fillwright.lsp_server.cli.engine_probe import probe_command

    settings = remote_of(arguments, arguments.url)
    assert settings is not None
    return probe_command(settings)


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
        return ENGINE_FAILED if health.status == "failed" else 0
    finally:
        await client.aclose()


def describe(health: Health) -> str:
    """One line: the engine's status, and what is known of its model and process."""
    if health.status == "stopped":
        return "engine stopped; the first fill starts it"
    if health.status == "failed":
        return f"engine failed (pid {health.pid}): {health.reason}"
    loaded = f" {health.fraction:.0%}" if health.status == "loading" else ""
    adapter = f"adapter {health.adapter}" if health.adapter else None
    sure = "not calibrated" if health.calibrated is False else None
    words = (health.model, health.device, adapter, sure, f"pid {health.pid}")
    known = [word for word in words if word]
    return f"engine {health.status}{loaded} ({', '.join(known)})"
