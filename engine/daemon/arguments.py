"""The options that name an engine and say how it serves, for every command line that has them.

Knows argparse and the settings; starts nothing.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.remote.settings import KINDS, RemoteSettings

if TYPE_CHECKING:
    from fillwright.engine.daemon.access import Network


def add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    """Which engine is meant: a checkpoint and a device, or the URL of a model server."""
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
    engine.add_argument(
        "--engine", metavar="URL", help="a model server instead, such as http://127.0.0.1:8012"
    )
    add_remote_arguments(parser)


def add_remote_arguments(parser: argparse.ArgumentParser) -> None:
    """What cannot be found out by asking a model server."""
    remote = parser.add_argument_group("a model server")
    remote.add_argument("--engine-kind", choices=KINDS, default="auto", help="what it is (auto)")
    remote.add_argument("--engine-model", metavar="NAME", help="its model, if it has several")
    remote.add_argument(
        "--engine-template",
        metavar="FAMILY",
        help="how its model fills in: qwen, starcoder, ..., or a text with {prefix} and {suffix}",
    )
    remote.add_argument(
        "--key-variable", metavar="NAME", help="the environment variable that holds its key"
    )
    remote.add_argument(
        "--plain-http", action="store_true", help="let code travel unencrypted to another machine"
    )
    remote.add_argument(
        "--engine-samples", type=int, default=2, metavar="N", help="fills that are compared (2)"
    )
    remote.add_argument(
        "--engine-instructions", action="store_true", help="its model does what it is told in words"
    )


def remote_of(arguments: argparse.Namespace, url: str | None) -> RemoteSettings | None:
    """The settings of the model server at a URL; None for none."""
    if url is None:
        return None
    return RemoteSettings(
        url=url,
        kind=arguments.engine_kind,
        model=arguments.engine_model,
        template=arguments.engine_template,
        key_variable=arguments.key_variable,
        plain_http=arguments.plain_http,
        samples=arguments.engine_samples,
        instructions=arguments.engine_instructions,
    )


def remote_options(remote: RemoteSettings) -> list[str]:
    """The options that `remote_of` reads these settings from. They hold no key."""
    options = [f"--engine={remote.url}", f"--engine-kind={remote.kind}"]
    options += [f"--engine-samples={remote.samples}"]
    for name, value in (
        ("--engine-model", remote.model),
        ("--engine-template", remote.template),
        ("--key-variable", remote.key_variable),
    ):
        options += [] if value is None else [f"{name}={value}"]
    options += ["--plain-http"] if remote.plain_http else []
    return options + (["--engine-instructions"] if remote.instructions else [])


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
        "--token-file",
        type=Path,
        metavar="FILE",
        help="the callers' bearer tokens: one a line, each with its requests a minute if limited",
    )


def network_of(arguments: argparse.Namespace) -> "Network | None":
    """Where to serve TCP, and whom; None without `--host`. Raises BadRequest."""
    from fillwright.engine.daemon.access import Network, read_users

    if arguments.host is None:
        return None
    return Network(arguments.host, arguments.port, read_users(arguments.token_file))


def _seconds(text: str) -> float:
    seconds = float(text)
    if not seconds > 0:
        raise argparse.ArgumentTypeError(f"{text} s is no time to wait")
    return seconds
