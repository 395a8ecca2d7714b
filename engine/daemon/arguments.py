"""The options that name an engine and say how it serves, for every command line that has them.

Knows argparse and the settings; starts nothing.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from fillwright.engine.daemon.settings import EngineSettings

if TYPE_CHECKING:
    from fillwright.engine.daemon.access import Network


def add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    """`--model` and `--device`: which engine is meant."""
    engine = parser.add_argument_group("the engine")
    engine.add_argument(
        "--model",
        "--checkpoint",
        type=Path,
        dest="model",
        metavar="FOLDER",
        help="a checkpoint, not the embedded one",
    )
    engine.add_argument("--device", default="auto", help="auto, cpu or cuda")


def add_serving_arguments(parser: argparse.ArgumentParser) -> None:
    """How long an engine stays without work, and whether it serves TCP too."""
    parser.add_argument(
        "--idle-seconds",
        type=_seconds,
        default=EngineSettings().idle_seconds,
        metavar="S",
        help="leave after so long without work; inf for never (%(default)g)",
    )
    network = parser.add_argument_group("serving other machines as well")
    network.add_argument("--host", metavar="ADDRESS", help="listen on TCP; needs a token")
    network.add_argument("--port", type=int, default=8411, metavar="N", help="(%(default)s)")
    network.add_argument(
        "--token-file", type=Path, metavar="FILE", help="the callers' bearer token"
    )


def network_of(arguments: argparse.Namespace) -> "Network | None":
    """Where to serve TCP, with its token; None without `--host`. Raises BadRequest."""
    from fillwright.engine.daemon.access import Network, read_token

    if arguments.host is None:
        return None
    return Network(arguments.host, arguments.port, read_token(arguments.token_file))


def _seconds(text: str) -> float:
    seconds = float(text)
    if not seconds > 0:
        raise argparse.ArgumentTypeError(f"{text} s is no time to wait")
    return seconds
