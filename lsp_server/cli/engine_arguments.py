"""The settings of the engine that a verb's command line means."""

import argparse
import re

from fillwright.engine.daemon.arguments import remote_of
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.errors import BadRequest
from fillwright.engine.remote.settings import url_for

DEVICE = re.compile(r"auto|cpu|cuda(:[0-9]{1,3})?")


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
