"""`fillwright eval calibrate`: kept runs of typing in, weights out, into a checkpoint's folder or
into that of a model server.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.daemon.arguments import add_remote_arguments, remote_of
from fillwright.engine.evaluation.calibrate import fit_all, fit_engine, recalibrated, write
from fillwright.engine.evaluation.journal import read_records
from fillwright.engine.evaluation.typed_pause import TypedPause
from fillwright.engine.evaluation.typing_summary import summarise_typing
from fillwright.engine.infill.ranking.calibration import Calibrations
from fillwright.engine.remote.calibrated import folder_of
from fillwright.engine.remote.connecting import look

if TYPE_CHECKING:
    from fillwright.engine.remote.settings import RemoteSettings

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_calibrate(commands: "Commands") -> None:
    """Add the verb."""
    calibrate = commands.add_parser(
        "calibrate", help="fit how sure a checkpoint may be of its fills, to runs of typing"
    )
    calibrate.add_argument("folders", type=Path, nargs="+", metavar="DIR", help="what --out named")
    calibrate.add_argument(
        "--write", type=Path, metavar="FOLDER", help="put the weights into this checkpoint"
    )
    calibrate.add_argument(
        "--engine", metavar="URL", help="the runs are this model server's; keep the weights for it"
    )
    add_remote_arguments(calibrate)
    calibrate.set_defaults(run=_calibrate)


def _calibrate(arguments: argparse.Namespace) -> None:
    pauses = [pause for folder in arguments.folders for pause in read_records(folder, TypedPause)]
    remote = remote_of(arguments, arguments.engine)
    if remote is not None:
        calibrations = fit_engine(pauses)
        _keep(calibrations, pauses, arguments.write or _folder(remote))
    else:
        known = Calibrations.of_checkpoint(arguments.write or embedded_checkpoint()).precedent
        calibrations = fit_all(pauses, known)
        if calibrations.precedent == known:
            print("too few texts that stood before: what the checkpoint says of them stays")
        if arguments.write:
            _keep(calibrations, pauses, arguments.write)
    print(calibrations)
    summary = summarise_typing(recalibrated(pauses, calibrations))[0]
    print(
        f"calibration error {summary.off:.3f} ({summary.off_by_chance:.3f} by chance alone) on "
        f"{summary.pauses} pauses of its own data"
    )


def _keep(calibrations: Calibrations, pauses: Sequence[TypedPause], folder: Path) -> None:
    projects = sorted({pause.project for pause in pauses})
    print(write(calibrations, projects, len(pauses), folder))


def _folder(remote: "RemoteSettings") -> Path:
    return folder_of(remote.address().host, look(remote).model)
