"""Arguments that several verbs have, first of all those that name an engine.

Loads nothing but the standard library, as `main`.
"""

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.errors import BadRequest
from fillwright.engine.remote.settings import KINDS, RemoteSettings, url_for

Value = TypeVar("Value")


def add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    """What names an engine: a checkpoint and a device, or the URL of a model server."""
    engine = parser.add_argument_group("the engine")
    engine.add_argument(
        "--model", type=Path, metavar="FOLDER", help="a checkpoint, not the embedded one"
    )
    engine.add_argument(
        "--device", type=sentence(_device), default="auto", help="auto, cpu or cuda"
    )
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
        "--engine-instructions", action="store_true", help="its model does what it is told in words"
    )


def engine_settings(arguments: argparse.Namespace) -> EngineSettings:
    """The settings of the engine that was named."""
    url = url_for(arguments.engine, arguments.model)
    return EngineSettings(
        checkpoint=arguments.model,
        device=arguments.device,
        remote=remote_settings(arguments, url) if url else None,
    )


def startable(arguments: argparse.Namespace) -> EngineSettings:
    """The settings of an engine that may have to be started: its model is looked for first."""
    model: Path | None = arguments.model
    if model is not None and not (model / "config.json").is_file():
        raise BadRequest(
            f"There is no checkpoint in {model}; give --model a folder with a config.json."
        )
    settings = engine_settings(arguments)
    if settings.remote is not None:
        settings.remote.address()
        settings.remote.key()
    return settings


def remote_settings(arguments: argparse.Namespace, url: str) -> RemoteSettings:
    """The settings of the model server at a URL."""
    return RemoteSettings(
        url=url,
        kind=arguments.engine_kind,
        model=arguments.engine_model,
        template=arguments.engine_template,
        key_variable=arguments.key_variable,
        plain_http=arguments.plain_http,
        instructions=arguments.engine_instructions,
    )


def sentence(parse: Callable[[str], Value]) -> Callable[[str], Value]:
    """`parse`, whose ValueError argparse shows as it is."""

    def parse_argument(text: str) -> Value:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse_argument


def whole(what: str, least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number within bounds."""

    def parse(text: str) -> int:
        # twenty digits keep int() away from its own length limit
        if not re.fullmatch("[0-9]{1,20}", text) or not least <= int(text) <= most:
            raise ValueError(f"{text!r} is not a {what} from {least} to {most}")
        return int(text)

    return parse


def _device(text: str) -> str:
    if not re.fullmatch(r"auto|cpu|cuda(:[0-9]{1,3})?", text):
        raise ValueError(f"{text!r} is no device; choose auto, cpu or cuda")
    return text
