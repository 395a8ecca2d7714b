"""What the verbs' command lines share: a parser that says an error in one line, values that are
checked as they are read, and the settings of the engine that is meant.
"""

import argparse
import re
from collections.abc import Callable
from typing import NoReturn, TypeVar

from fillwright.engine.daemon.arguments import remote_of
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.errors import BadRequest
from fillwright.engine.remote.settings import url_for

BAD_ARGUMENTS, ENGINE_FAILED = 2, 3
DEVICE = re.compile(r"auto|cpu|cuda(:[0-9]{1,3})?")
Value = TypeVar("Value")


class Parser(argparse.ArgumentParser):
    """argparse's, with one line for an error: it names the help instead of showing the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_ARGUMENTS, f"{self.prog}: {message}; see {self.prog} --help\n")


def sentence(parse: Callable[[str], Value]) -> Callable[[str], Value]:
    """`parse`, whose ValueError argparse shows as it is."""

    def parse_argument(text: str) -> Value:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse_argument


def whole(what: str, least: int, most: int) -> Callable[[str], int]:
    """A parser of whole numbers between two bounds, both allowed."""

    def parse(text: str) -> int:
        # twenty digits keep int() away from its own length limit
        if not re.fullmatch("[0-9]{1,20}", text) or not least <= int(text) <= most:
            raise ValueError(f"{text!r} is not a {what} from {least} to {most}")
        return int(text)

    return parse


def engine_settings(arguments: argparse.Namespace) -> EngineSettings:
    """The settings of the engine that was named. Raises BadRequest."""
    if not DEVICE.fullmatch(arguments.device):
        raise BadRequest(f"{arguments.device!r} is no device; choose auto, cpu or cuda.")
    remote = remote_of(arguments, url_for(arguments.engine, arguments.model))
    return EngineSettings(checkpoint=arguments.model, device=arguments.device, remote=remote)


def startable(arguments: argparse.Namespace) -> EngineSettings:
    """The settings of an engine that may have to be started: its model is looked for first.

    Raises BadRequest when there is none, or when a model server must not be used so.
    """
    model = arguments.model
    if model is not None and not (model / "config.json").is_file():
        raise BadRequest(
            f"There is no checkpoint in {model}; give --model a folder with a config.json."
        )
    settings = engine_settings(arguments)
    if settings.remote is not None:
        settings.remote.address()
        settings.remote.key()
    return settings
