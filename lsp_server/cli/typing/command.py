"""`fillwright eval typing`: what somebody sees who types files that the model has not learnt.

Every drawn line is typed character by character through the server's own suggestions, on the engine
that editors use. At each pause it is noted what is shown, and whether it is right. A run is kept in
the folder that --out names and goes on where it was when it is started again.
"""

import argparse
import asyncio
import hashlib
import math
import random
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import get_args

from rich.console import Console

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.daemon.arguments import add_engine_arguments
from fillwright.engine.daemon.client import EngineClient
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.errors import BadRequest
from fillwright.engine.evaluation.journal import Journal, write_whole
from fillwright.engine.evaluation.pauses import TypedLine, draw_bodies, draw_lines
from fillwright.engine.evaluation.run import progress_bar
from fillwright.engine.evaluation.source_tree import Source, read_sources
from fillwright.engine.evaluation.typed_pause import TypedPause
from fillwright.engine.evaluation.typing_summary import (
    at_once,
    compared,
    coverage_table,
    summarise_typing,
    table,
    taken_for_finished,
)
from fillwright.lsp_server.cli.engine_arguments import startable
from fillwright.lsp_server.cli.typing.engine_in_project import EngineInProject, remember_all
from fillwright.lsp_server.cli.typing.typist import Typist
from fillwright.lsp_server.project.keys import ProjectPlace
from fillwright.lsp_server.settings.settings import Memory
from fillwright.lsp_server.suggestions.gate import GATES, Eagerness

SHORTEST_FILE, LONGEST_FILE = 1_500, 60_000
TABLE_WIDTH = 150


def main(argv: list[str]) -> int:
    """Run the command; returns the exit code."""
    arguments = _parser().parse_args(argv)
    lines = _lines(arguments)
    arms: tuple[Memory, ...] = arguments.memory
    with ExitStack() as stack:
        out = arguments.out or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folders = {arm: out / arm if len(arms) > 1 else out for arm in arms}
        journals = {
            arm: stack.enter_context(Journal(folder, _settings(arguments, lines, arm), TypedPause))
            for arm, folder in folders.items()
        }
        asyncio.run(_type(lines, journals, arguments))
        console = Console(width=max(Console().width, TABLE_WIDTH))
        for arm, journal in journals.items():
            summaries = summarise_typing(journal.records)
            write_whole(folders[arm] / "summary.json", [asdict(one) for one in summaries])
            if len(arms) > 1:
                console.print(
                    f"\nmemory {arm}: {compared(journals[arms[0]].records, journal.records)}"
                )
            if any(pause.first_shown for pause in journal.records):
                console.print(at_once(journal.records))
            console.print(taken_for_finished(journal.records))
            console.print(table(summaries))
            console.print(coverage_table(journal.records))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fillwright eval typing", description=__doc__)
    parser.add_argument(
        "paths", type=Path, nargs="+", metavar="PATH", help="a project's folder, or a file"
    )
    parser.add_argument("--files", type=int, default=14, metavar="N", help="of each path (14)")
    parser.add_argument(
        "--last-tenth",
        action="store_true",
        help="only of the last tenth of each path's files, in the order of their names, for an "
        "adapter that was tuned on the others",
    )
    parser.add_argument("--lines", type=int, default=8, metavar="N", help="of each file (8)")
    parser.add_argument(
        "--bodies", type=int, default=0, metavar="N", help="functions of each file to begin (0)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument(
        "--eagerness", choices=get_args(Eagerness), default="normal", help="the setting (normal)"
    )
    parser.add_argument(
        "--memory",
        type=_arms,
        default=("file",),
        metavar="ARM,...",
        help="what of the user's own code has a say: off, the same file (the default), or on, with "
        "each path's other files; several, such as off,on, type each line in turn",
    )
    parser.add_argument(
        "--adapter", type=Path, metavar="FOLDER", help="fill with what `fillwright tune` wrote"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep the run here")
    add_engine_arguments(parser)
    return parser


def _arms(text: str) -> tuple[str, ...]:
    arms = tuple(dict.fromkeys(text.split(",")))
    if not set(arms) <= set(get_args(Memory)):
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(get_args(Memory))}")
    return arms


def _lines(arguments: argparse.Namespace) -> list[tuple[str, list[TypedLine]]]:
    """The drawn lines and bodies of each drawn file, with its project; the projects in turn, so
    that a run that is ended early has seen all of them."""
    drawn = []
    for path in arguments.paths:
        sources, _ = read_sources([path])
        if arguments.last_tenth:
            sources = sources[-math.ceil(len(sources) / 10) :]
        fit = [one for one in sources if SHORTEST_FILE <= len(one.text) <= LONGEST_FILE]
        chance = random.Random(f"{arguments.seed}/{path.name}")
        chosen = chance.sample(fit, min(arguments.files, len(fit)))
        found = [(path.name, _drawn(_below(path, one), arguments)) for one in chosen]
        drawn.append([each for each in found if each[1]])
    if not any(drawn):
        raise BadRequest(
            f"these paths hold no files of {SHORTEST_FILE} to {LONGEST_FILE} characters of code."
        )
    longest = max(map(len, drawn))
    return [of_one[at] for at in range(longest) for of_one in drawn if at < len(of_one)]


def _drawn(source: Source, arguments: argparse.Namespace) -> list[TypedLine]:
    return [
        *draw_lines(source, arguments.lines, arguments.seed),
        *draw_bodies(source, arguments.bodies, arguments.seed),
    ]


def _below(path: Path, source: Source) -> Source:
    """The source, named by its place in the project."""
    inside = Path(source.name).relative_to(path) if path.is_dir() else Path(path.name)
    return Source(f"{path.name}/{inside.as_posix()}", source.text, source.language)


def _settings(
    arguments: argparse.Namespace, lines: Sequence[tuple[str, list[TypedLine]]], arm: Memory
) -> dict[str, object]:
    digest = hashlib.blake2b(digest_size=8)
    for _, of_file in lines:
        digest.update(f"{of_file[0].source.name}\n{of_file[0].source.text}".encode())
    return {
        "benchmark": "typing",
        "data": " ".join(path.name for path in arguments.paths),
        "data_digest": digest.hexdigest(),
        "lines": arguments.lines,
        "bodies": arguments.bodies,
        "last_tenth": arguments.last_tenth,
        "model": _model(startable(arguments)),
        "device": arguments.device,
        "eagerness": arguments.eagerness,
        "memory": arm,
        "adapter": _adapter(arguments),
        "seed": arguments.seed,
    }


def _model(settings: EngineSettings) -> str:
    if (remote := settings.remote) is not None:
        return f"{remote.model or 'a model'} at {remote.address().host}"
    return (settings.checkpoint or embedded_checkpoint()).resolve().name


async def _type(
    lines: Sequence[tuple[str, list[TypedLine]]],
    journals: Mapping[Memory, Journal[TypedPause]],
    arguments: argparse.Namespace,
) -> None:
    settings = startable(arguments)
    folders = {path.name: path for path in arguments.paths}
    done = {arm: _typed(journal) for arm, journal in journals.items()}
    every = sum(len(of_file) for _, of_file in lines)
    with progress_bar() as progress:
        bar = progress.add_task("", total=every)
        for project, of_file in lines:
            if "on" in journals:
                # each time: the engine keeps a few projects only, and these take turns
                path = folders[project]
                sources = [_below(path, one) for one in read_sources([path])[0]]
                await remember_all(EngineClient(settings), project, sources)
            typists = {
                arm: _typist(
                    settings,
                    replace(_place(arm, project, of_file[0]), adapter=_adapter(arguments)),
                    arguments.eagerness,
                )
                for arm in journals
            }
            for line in of_file:
                progress.update(bar, description=line.name)
                for arm, typist in typists.items():
                    # the pauses of a line are kept together, for one may be answered from another
                    known = line.name in done[arm]
                    for pause in [] if known else [p async for p in typist.type(line, project)]:
                        journals[arm].add(pause)
                progress.advance(bar)


def _typed(journal: Journal[TypedPause]) -> set[str]:
    """The names of the lines that are typed already."""
    return {record.name.rsplit(":", 1)[0] for record in journal.records}


def _place(arm: Memory, project: str, line: TypedLine) -> ProjectPlace:
    if arm == "on":
        return ProjectPlace(project, line.source.name)
    return ProjectPlace(memory=arm == "file")


def _adapter(arguments: argparse.Namespace) -> str:
    return str(arguments.adapter.absolute()) if arguments.adapter else ""


def _typist(settings: EngineSettings, place: ProjectPlace, eagerness: Eagerness) -> Typist:
    client = EngineInProject(settings, place)
    return Typist(lambda: client, GATES[eagerness])
