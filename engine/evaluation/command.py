"""`fillwright eval`: how good a model's fills are.

A run is kept in the folder that --out names and goes on where it was when it is started again.
"""

import argparse
import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from rich.console import Console

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.evaluation.arms import DECODES, Answer, Arm, answer, arms_of
from fillwright.engine.evaluation.calibrate_command import add_calibrate
from fillwright.engine.evaluation.constraints import (
    constrained,
    constraints_table,
    run_constraints,
)
from fillwright.engine.evaluation.doubt import LONGEST, run_doubt
from fillwright.engine.evaluation.doubt_summary import doubt_table
from fillwright.engine.evaluation.holes import (
    KINDS,
    Kind,
    punch,
)
from fillwright.engine.evaluation.infilling import Split, load_items
from fillwright.engine.evaluation.joint import joint_table, run_joint
from fillwright.engine.evaluation.pins import pins_table, run_pins, typed_on
from fillwright.engine.evaluation.projects import ProjectSet, fetch_projects
from fillwright.engine.evaluation.question import Question
from fillwright.engine.evaluation.repair import repair_table, run_repair
from fillwright.engine.evaluation.report import write_report
from fillwright.engine.evaluation.run import Judged, run
from fillwright.engine.evaluation.sandbox import LAYERS, layers
from fillwright.engine.evaluation.shared_names import shared_names
from fillwright.engine.evaluation.source_tree import Source, read_sources
from fillwright.engine.evaluation.summary import table
from fillwright.engine.evaluation.swaps import swaps
from fillwright.engine.infill.doubt_settings import DoubtSettings
from fillwright.engine.request import Length

if TYPE_CHECKING:
    from fillwright.engine.filling import Engine

TABLE_WIDTH = 110


def main(argv: list[str]) -> int:
    """Run one sub-command; returns the exit code."""
    arguments = _parser().parse_args(argv)
    arguments.run(arguments)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fillwright eval", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    infilling = commands.add_parser(
        "humaneval-infilling", help="fill holes of HumanEval solutions and run their tests"
    )
    infilling.add_argument("--data", type=Path, required=True, metavar="FILE.jsonl[.gz]")
    infilling.add_argument(
        "--split",
        choices=get_args(Split),
        default="test",
        help="dev: 100 single-line items to choose on; test: all others (default)",
    )
    infilling.add_argument("--limit", type=_whole, metavar="N", help="the first N of the split")
    _add_arm_arguments(infilling)
    infilling.set_defaults(run=_infilling)

    holes = commands.add_parser("holes", help="fill holes punched into source files")
    holes.add_argument(
        "paths", type=Path, nargs="+", metavar="PATH", help="files, folders, or a corpus"
    )
    holes.add_argument(
        "--kinds", type=_kinds, default=KINDS, metavar=",".join(KINDS), help="in turn; all of them"
    )
    holes.add_argument("--per-file", type=_whole, default=8, metavar="N", help="holes, at most (8)")
    _add_arm_arguments(holes)
    holes.set_defaults(run=_holes)

    repair = commands.add_parser(
        "repair", help="swap a token in function bodies, and have them put right"
    )
    repair.add_argument(
        "--strength", type=float, default=0.2, metavar="S", help="what is renoised (0.2)"
    )
    _add_item_arguments(repair, 500)
    repair.set_defaults(run=_repair)

    doubt = commands.add_parser(
        "doubt", help="swap a token in function bodies, and look for unlikely places"
    )
    doubt.add_argument(
        "--gain", type=float, metavar="NATS", help="what is told; the checkpoint's own by default"
    )
    _add_item_arguments(doubt, 500)
    doubt.set_defaults(run=_doubt)

    joint = commands.add_parser(
        "joint", help="fill the places of one name together, and one after another"
    )
    _add_item_arguments(joint, 200)
    joint.set_defaults(run=_joint)

    pins = commands.add_parser(
        "pins", help="type on while a fill is denoised or shown, and go on from its canvas"
    )
    _add_item_arguments(pins, 200)
    pins.set_defaults(run=_pins)

    constraints = commands.add_parser(
        "constraints", help="fill small holes that have to be something, and see whether they are"
    )
    _add_item_arguments(constraints, 1000)
    constraints.set_defaults(run=_constraints)

    # the language server's part of the command runs it
    commands.add_parser("typing", add_help=False, help="type files, and see what is shown")

    projects = commands.add_parser(
        "projects", help="download projects that the training text does not hold"
    )
    projects.add_argument("folder", type=Path, metavar="DIR", help="where each gets a folder")
    projects.add_argument(
        "--set",
        choices=get_args(ProjectSet),
        default="report",
        help="fit: what constants are fitted to; report: what numbers are told of (default)",
    )
    projects.set_defaults(run=_projects)

    add_calibrate(commands)

    report = commands.add_parser("report", help="show kept runs as one HTML file")
    report.add_argument("folders", type=Path, nargs="+", metavar="DIR", help="what --out named")
    report.add_argument("--out", type=Path, default=Path("report.html"), metavar="FILE.html")
    report.set_defaults(run=_report)
    return parser


def _add_arm_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--decode",
        nargs="+",
        choices=DECODES,
        default=["auto"],
        help="one or several: the checkpoint's own, a causal draft (ar), denoising alone "
        "(diffusion), denoising from the draft, or a baseline that needs no model",
    )
    parser.add_argument(
        "--steps",
        nargs="+",
        type=_whole,
        default=[None],
        metavar="N",
        help="denoise steps per canvas at most, one or several; the checkpoint's own by default",
    )
    parser.add_argument(
        "--length",
        nargs="+",
        choices=get_args(Length),
        default=["auto"],
        help="how a denoised hole finds its length, one or several",
    )
    parser.add_argument(
        "--constraint",
        nargs="+",
        choices=("none", "parses"),
        default=["none"],
        help="what a fill has to be, one or both",
    )
    parser.add_argument("--tokens", type=_whole, metavar="N", help="free tokens per hole at most")
    _add_run_arguments(parser)


def _add_item_arguments(parser: argparse.ArgumentParser, items: int) -> None:
    parser.add_argument(
        "paths", type=Path, nargs="+", metavar="PATH", help="files, folders, or a corpus"
    )
    parser.add_argument(
        "--items", type=_whole, default=items, metavar="N", help=f"at most ({items})"
    )
    _add_run_arguments(parser)


def _add_run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="not the embedded checkpoint")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep the run here")


def _infilling(arguments: argparse.Namespace) -> None:
    items = load_items(arguments.data, arguments.split, arguments.limit)
    have = layers()
    if have != LAYERS:
        _say(f"the sandbox has only {', '.join(have)} here; see docs/evaluation.md")
    settings: dict[str, object] = {
        "benchmark": "humaneval-infilling",
        "data": arguments.data.name,
        "data_digest": hashlib.blake2b(arguments.data.read_bytes(), digest_size=8).hexdigest(),
        "split": arguments.split,
        "sandbox": list(have),
    }
    _run(items, settings, arguments)


def _holes(arguments: argparse.Namespace) -> None:
    sources, left_out = read_sources(arguments.paths)
    if left_out:
        _say(f"{left_out} files are left out: empty, too long or not UTF-8")
    per_file, seed = arguments.per_file, arguments.seed
    punched = [
        hole for source in sources for hole in punch(source, arguments.kinds, per_file, seed)
    ]
    settings: dict[str, object] = {
        "benchmark": "holes",
        "data": " ".join(path.as_posix() for path in arguments.paths),
        "data_digest": _digest(sources),
        "kinds": list(arguments.kinds),
    }
    _run(punched, settings, arguments)


def _report(arguments: argparse.Namespace) -> None:
    write_report(arguments.folders, arguments.out)
    print(arguments.out)


def _projects(arguments: argparse.Namespace) -> None:
    for folder in fetch_projects(arguments.set, arguments.folder):
        print(folder)


def _run(
    asked: Sequence[Judged], settings: dict[str, object], arguments: argparse.Namespace
) -> None:
    constraints = [each == "parses" for each in arguments.constraint]
    arms = arms_of(arguments.decode, arguments.steps, arguments.length, constraints)
    settings |= _model_settings(arguments) | {"tokens": arguments.tokens}
    infiller = _infiller(arguments)

    def ask(question: Question, arm: Arm) -> Answer:
        return answer(question, arm, infiller, arguments.tokens, arguments.seed)

    with _kept(arguments.out) as folder:
        summaries = run(asked, arms, ask, folder, settings)
    Console(width=max(Console().width, TABLE_WIDTH)).print(table(summaries))
    print(summaries[0].last_line)


def _repair(arguments: argparse.Namespace) -> None:
    sources, settings = _sources_and_settings("repair", arguments)
    settings |= {"strength": arguments.strength}
    items = swaps(sources, arguments.items, arguments.seed)
    with _kept(arguments.out) as folder:
        records = run_repair(items, _infiller(arguments), arguments.strength, folder, settings)
    Console(width=max(Console().width, TABLE_WIDTH)).print(repair_table(records))


def _doubt(arguments: argparse.Namespace) -> None:
    sources, settings = _sources_and_settings("doubt", arguments)
    items = swaps(sources, arguments.items, arguments.seed, LONGEST)
    known = DoubtSettings.of_checkpoint(arguments.model or embedded_checkpoint())
    gain = (known or DoubtSettings("causal")).gain if arguments.gain is None else arguments.gain
    with _kept(arguments.out) as folder:
        records = run_doubt(items, _infiller(arguments), folder, settings)
    Console(width=max(Console().width, TABLE_WIDTH)).print(doubt_table(records, gain))
    print(f"told from {gain:g} nats on")


def _joint(arguments: argparse.Namespace) -> None:
    sources, settings = _sources_and_settings("joint", arguments)
    items = shared_names(sources, arguments.items, arguments.seed)
    with _kept(arguments.out) as folder:
        records = run_joint(items, _infiller(arguments), folder, settings)
    Console(width=max(Console().width, TABLE_WIDTH)).print(joint_table(records))


def _pins(arguments: argparse.Namespace) -> None:
    sources, settings = _sources_and_settings("pins", arguments)
    with _kept(arguments.out) as folder:
        records = run_pins(
            lambda steps: typed_on(sources, arguments.items, arguments.seed, steps),
            _infiller(arguments),
            folder,
            settings,
        )
    Console(width=max(Console().width, TABLE_WIDTH)).print(pins_table(records))


def _constraints(arguments: argparse.Namespace) -> None:
    sources, settings = _sources_and_settings("constraints", arguments)
    items = constrained(sources, arguments.items, arguments.seed)
    with _kept(arguments.out) as folder:
        records = run_constraints(items, _infiller(arguments), arguments.seed, folder, settings)
    Console(width=max(Console().width, TABLE_WIDTH)).print(constraints_table(records))


def _sources_and_settings(
    benchmark: str, arguments: argparse.Namespace
) -> tuple[list[Source], dict[str, object]]:
    sources, _ = read_sources(arguments.paths)
    settings: dict[str, object] = {
        "benchmark": benchmark,
        "data": " ".join(path.as_posix() for path in arguments.paths),
        "data_digest": _digest(sources),
    }
    return sources, settings | _model_settings(arguments)


def _model_settings(arguments: argparse.Namespace) -> dict[str, object]:
    checkpoint = arguments.model or embedded_checkpoint()
    return {
        "model": checkpoint.resolve().name,
        "model_digest": _fingerprint(checkpoint),
        "device": arguments.device,
        "seed": arguments.seed,
    }


def _infiller(arguments: argparse.Namespace) -> Callable[[], "Engine"]:
    @cache
    def infiller() -> "Engine":
        # torch takes seconds to load, and the baselines need none
        from fillwright.engine.loading import load_engine

        return load_engine(arguments.model or embedded_checkpoint(), arguments.device)

    return infiller


@contextmanager
def _kept(out: Path | None) -> Iterator[Path]:
    """The folder of a run: the one that is to be kept, or one that is removed afterwards."""
    with ExitStack() as stack:
        folder = out or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        try:
            yield folder
        except KeyboardInterrupt:
            if out:
                _say(f"{out} keeps what is done; the same command goes on from there")
            raise


def _digest(sources: Sequence[Source]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for source in sources:
        digest.update(f"{source.name}\n{source.text}".encode())
    return digest.hexdigest()


def _fingerprint(checkpoint: Path) -> str:
    """Changes when the checkpoint's files do: of their names, sizes and times."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(checkpoint.glob("*")):
        stat = path.stat()
        digest.update(f"{path.name}/{stat.st_size}/{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def _kinds(text: str) -> tuple[Kind, ...]:
    kinds = tuple(kind for kind in KINDS if kind in text.split(","))
    if len(kinds) != len(text.split(",")):
        raise argparse.ArgumentTypeError(f"{text!r} is not out of {', '.join(KINDS)}")
    return kinds


def _say(sentence: str) -> None:
    Console(stderr=True).print(sentence, style="dim", soft_wrap=True)
