"""Where it is kept how sure one may be of a model server's fills, which `fillwright eval calibrate
--engine` counts: one folder for each server and model.

Knows names and folders; knows no server.
"""

import re
from pathlib import Path

from fillwright.engine.infill.ranking.calibration import FILE, Calibration, Calibrations

NO_NAME = re.compile(r"[^\w.-]+")


def folder_of(host: str, model: str) -> Path:
    """Of one model on a host with its port."""
    name = NO_NAME.sub("-", f"{host} {model}")
    return Path.home() / ".cache" / "fillwright" / "engines" / name


def calibration_of(host: str, model: str) -> Calibration | None:
    """None where nobody has counted. Raises CheckpointError where the file holds something else."""
    folder = folder_of(host, model)
    return Calibrations.of_checkpoint(folder).alone if (folder / FILE).exists() else None
