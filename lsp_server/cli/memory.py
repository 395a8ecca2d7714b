"""`fillwright memory status|clear`. Knows the engine's client only."""

import asyncio
from collections.abc import Sequence
from typing import Literal

from fillwright.engine.daemon.arguments import add_engine_arguments
from fillwright.engine.daemon.client import EngineClient, EngineSettings, Health
from fillwright.lsp_server.cli.arguments import Parser
from fillwright.lsp_server.cli.engine_arguments import engine_settings

Action = Literal["status", "clear"]
ACTIONS = {
    "status": "say how much the engine remembers",
    "clear": "forget it; it was never on a disk",
}


def main(argv: Sequence[str]) -> int:
    """Run one command line, without its first two words; gives the exit code."""
    about = "What the engine remembers of your projects."
    parser = Parser(prog="fillwright memory", description=about)
    actions = parser.add_subparsers(metavar="|".join(ACTIONS), required=True)
    for name, help in ACTIONS.items():
        action = actions.add_parser(name, help=help, description=help)
        add_engine_arguments(action)
        action.set_defaults(action=name)
    arguments = parser.parse_args(argv)
    return memory_command(arguments.action, engine_settings(arguments))


def memory_command(action: Action, settings: EngineSettings) -> int:
    """Do one action and say in a line how it went; gives the exit code."""
    client = EngineClient(settings)
    health = asyncio.run(client.health())
    said = describe_memory(health)
    if action == "clear" and health.status != "stopped":
        asyncio.run(client.forget_all())
        said = "everything is forgotten; an editor that runs tells the engine of its project again"
    print(said)
    return 0


def describe_memory(health: Health) -> str:
    """One line: how much of the user's own code the engine remembers, in counts."""
    if health.status == "stopped":
        return "nothing is remembered: the engine is stopped"
    if health.remembers is False:
        return "nothing is remembered: this model has no use for it"
    waiting = f", {health.to_remember:,} more files to read" if health.to_remember else ""
    known = health.remembered
    if not known:
        return f"nothing is remembered{waiting}"
    projects = "1 project" if len(known) == 1 else f"{len(known)} projects"
    files = sum(each.files for each in known)
    tokens = sum(each.tokens for each in known)
    size = sum(each.bytes for each in known) / 1e6
    return (
        f"{projects}: {files:,} files, {tokens:,} tokens, {size:.1f} MB{waiting}; "
        "in the engine's memory, on this machine only"
    )
