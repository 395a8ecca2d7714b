"""`fillwright tune`: an adapter of your own code. `tune FOLDER` is `tune run FOLDER`.

What git ignores, secrets and other people's code are not learnt; nothing leaves this machine.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

import torch
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.cores import own_threads
from fillwright.engine.model.adapter import Adapter
from fillwright.engine.sources.packages import SourceFile
from fillwright.engine.training.export import Format
from fillwright.engine.tuning.asking import Asking
from fillwright.engine.tuning.exporting import TrainerFormat, export_data
from fillwright.engine.tuning.files import TuningText
from fillwright.engine.tuning.merging import merge
from fillwright.engine.tuning.tuning import Progress, TuneSettings, Tuning

COMMANDS = ("run", "export-data", "merge")
HELP = ("-h", "--help")
DEFAULT_FOLDER = Path("fillwright-adapter")


FilesOf = Callable[[Sequence[Path]], list[SourceFile]]


def main(argv: Sequence[str], files_of: FilesOf) -> int:
    """Run one command line, without its first word; gives the exit code. `files_of` says what may
    be learnt of project folders."""
    if argv and argv[0] not in (*COMMANDS, *HELP):
        argv = ["run", *argv]
    arguments = _parser().parse_args(argv)
    arguments.files_of = files_of
    arguments.run(arguments)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fillwright tune", description=__doc__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    run = commands.add_parser(
        "run", help="learn for a while; interrupted, the same command goes on", description=__doc__
    )
    run.add_argument(
        "folders", type=Path, nargs="*", metavar="FOLDER", help="of projects (this one)"
    )
    run.add_argument("--minutes", type=_positive, required=True, metavar="N", help="in all")
    run.add_argument(
        "--to",
        type=Path,
        default=DEFAULT_FOLDER,
        metavar="FOLDER",
        help=f"where the adapter is written ({DEFAULT_FOLDER})",
    )
    run.add_argument("--rank", type=int, default=16, metavar="N", help="of its matrices (16)")
    run.add_argument("--device", default="cpu", help="cpu or cuda (cpu)")
    run.add_argument("--seed", type=int, default=0, metavar="N")
    _add_base(run)
    run.set_defaults(run=_run)

    exporting = commands.add_parser(
        "export-data", help="write your code as samples for another trainer of DiffusionGemma"
    )
    exporting.add_argument(
        "folders", type=Path, nargs="*", metavar="FOLDER", help="of projects (this one)"
    )
    exporting.add_argument(
        "--format", choices=get_args(TrainerFormat), required=True, help="whose reader it is for"
    )
    exporting.add_argument(
        "--of",
        type=Path,
        required=True,
        metavar="CHECKPOINT",
        help="the folder of the model to be tuned; its config.json and tokenizer.json are read",
    )
    exporting.add_argument(
        "--to", type=Path, required=True, metavar="FOLDER", help="where the files are written"
    )
    exporting.add_argument(
        "--samples", type=_count, default=8000, metavar="N", help="to learn, at most (8000)"
    )
    exporting.add_argument("--seed", type=int, default=0, metavar="N")
    exporting.set_defaults(run=_export_data)

    merging = commands.add_parser("merge", help="write a checkpoint that needs no adapter")
    merging.add_argument("adapter", type=Path, metavar="ADAPTER", help="the adapter's folder")
    merging.add_argument("to", type=Path, metavar="FOLDER", help="where the checkpoint is written")
    merging.add_argument(
        "--format", choices=get_args(Format), default="int8", help="of its matrices (int8)"
    )
    _add_base(merging)
    merging.set_defaults(run=_merge)
    return parser


def _add_base(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--of",
        type=Path,
        default=embedded_checkpoint(),
        metavar="CHECKPOINT",
        help="the model's folder (the embedded model)",
    )


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of minutes above 0")
    return number


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def _run(arguments: argparse.Namespace) -> None:
    Asking.of(arguments.of)  # refuses what cannot be tuned before anything is read
    files = arguments.files_of(arguments.folders or [Path()])
    torch.set_num_threads(own_threads())
    settings = TuneSettings(
        checkpoint=arguments.of,
        minutes=arguments.minutes,
        rank=arguments.rank,
        alpha=2.0 * arguments.rank,
        seed=arguments.seed,
        device=arguments.device,
    )
    tuning = Tuning(TuningText.of(files), settings, arguments.to)
    with _bar() as bar:
        task = bar.add_task(f"{len(files)} files", total=arguments.minutes)

        def tell(progress: Progress) -> None:
            losses = f"held-out loss {progress.before:.3f} -> {progress.best:.3f}"
            bar.update(task, completed=progress.minutes, description=losses)

        tuned = tuning.run(tell)
    progress = tuned.progress
    why = "the time is up" if tuned.ending == "time" else "held-out files got worse"
    print(
        f"{len(files)} files, {progress.steps} steps in {progress.minutes:.1f} minutes; {why}. "
        f"Loss on held-out files: {progress.before:.3f} before, {progress.best:.3f} at best, in "
        f"nats per token. The adapter is in {arguments.to}."
    )


def _export_data(arguments: argparse.Namespace) -> None:
    text = TuningText.of(arguments.files_of(arguments.folders or [Path()]))
    written = export_data(
        text,
        arguments.of,
        arguments.to,
        arguments.format,
        arguments.samples,
        arguments.seed,
    )
    print(
        f"{written['train']} samples to learn and {written['held_out']} of held-out files are in "
        f"{arguments.to}."
    )


def _bar() -> Bar:
    return Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _merge(arguments: argparse.Namespace) -> None:
    merge(arguments.of, Adapter.read(arguments.adapter), arguments.to, arguments.format)
    print(f"{arguments.to} is a checkpoint that needs no adapter.")
