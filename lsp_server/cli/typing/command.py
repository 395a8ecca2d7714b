"""`fillwright eval typing`: what somebody sees who types files that the model has not learnt.

Every drawn line is typed character by character through the server's own suggestions, on the engine
that editors use. At each pause it is noted what is shown, and whether it is right. A run is kept in
the folder that --out names and goes on where it was when it is started again.
"""

import argparse
import asyncio
import hashlib
import random
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import get_args

from rich.console import Console

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.daemon.arguments import add_engine_arguments
from fillwright.engine.daemon.client import EngineClient
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.errors import BadRequest
from fillwright.engine.evaluation.journal import Journal, write_whole
from fillwright.engine.evaluation.pauses import TypedLine, draw_lines
from fillwright.engine.evaluation.run import progress_bar
from fillwright.engine.evaluation.source_tree import Source, read_sources
from fillwright.engine.evaluation.typed_pause import TypedPause
from fillwright.engine.evaluation.typing_summary import coverage_table, summarise_typing, table
from fillwright.lsp_server.cli.arguments import startable
from fillwright.lsp_server.cli.typing.engine_in_project import EngineInProject, remember_all
from fillwright.lsp_server.cli.typing.typist import Typist
from fillwright.lsp_server.suggestions.gate import GATES, Eagerness

SHORTEST_FILE, LONGEST_FILE = 1_500, 60_000
TABLE_WIDTH = 150


def main(argv: list[str]) -> int:
    """Run the command; returns the exit code."""
    arguments = _parser().parse_args(argv)
    lines = _lines(arguments.paths, arguments.files, arguments.lines, arguments.seed)
    with ExitStack() as stack:
        out = arguments.out or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        journal = stack.enter_context(Journal(out, _settings(arguments, lines), TypedPause))
        asyncio.run(_type(lines, journal, arguments))
        summaries = summarise_typing(journal.records)
        write_whole(out / "summary.json", [asdict(one) for one in summaries])
        console = Console(width=max(Console().width, TABLE_WIDTH))
        console.print(table(summaries))
        console.print(coverage_table(journal.records))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fillwright eval typing", description=__doc__)
    parser.add_argument(
        "paths", type=Path, nargs="+", metavar="PATH", help="a project's folder, or a file"
    )
    parser.add_argument("--files", type=int, default=14, metavar="N", help="of each path (14)")
    parser.add_argument("--lines", type=int, default=8, metavar="N", help="of each file (8)")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument(
        "--eagerness", choices=get_args(Eagerness), default="normal", help="the setting (normal)"
    )
    parser.add_argument(
        "--memory", action="store_true", help="each path's other files are remembered while typing"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep the run here")
    add_engine_arguments(parser)
    return parser


def _lines(
    paths: Sequence[Path], files: int, lines: int, seed: int
) -> list[tuple[str, list[TypedLine]]]:
    """The drawn lines of each drawn file, with its project; the projects in turn, so that a run
    that is ended early has seen all of them."""
    drawn = []
    for path in paths:
        sources, _ = read_sources([path])
        fit = [one for one in sources if SHORTEST_FILE <= len(one.text) <= LONGEST_FILE]
        chance = random.Random(f"{seed}/{path.name}")
        chosen = chance.sample(fit, min(files, len(fit)))
        found = [(path.name, draw_lines(_below(path, one), lines, seed)) for one in chosen]
        drawn.append([each for each in found if each[1]])
    if not any(drawn):
        raise BadRequest(
            f"these paths hold no files of {SHORTEST_FILE} to {LONGEST_FILE} characters of code."
        )
    longest = max(map(len, drawn))
    return [of_one[at] for at in range(longest) for of_one in drawn if at < len(of_one)]


def _below(path: Path, source: Source) -> Source:
    """The source, named by its place in the project."""
    inside = Path(source.name).relative_to(path) if path.is_dir() else Path(path.name)
    return Source(f"{path.name}/{inside.as_posix()}", source.text, source.language)


def _settings(
    arguments: argparse.Namespace, lines: Sequence[tuple[str, list[TypedLine]]]
) -> dict[str, object]:
    digest = hashlib.blake2b(digest_size=8)
    for _, of_file in lines:
        digest.update(f"{of_file[0].source.name}\n{of_file[0].source.text}".encode())
    return {
        "benchmark": "typing",
        "data": " ".join(path.name for path in arguments.paths),
        "data_digest": digest.hexdigest(),
        "lines": arguments.lines,
        "model": _model(startable(arguments)),
        "device": arguments.device,
        "eagerness": arguments.eagerness,
        "memory": arguments.memory,
        "seed": arguments.seed,
    }


def _model(settings: EngineSettings) -> str:
    if (remote := settings.remote) is not None:
        return f"{remote.model or 'a model'} at {remote.address().host}"
    return (settings.checkpoint or embedded_checkpoint()).resolve().name


async def _type(
    lines: Sequence[tuple[str, list[TypedLine]]],
    journal: Journal[TypedPause],
    arguments: argparse.Namespace,
) -> None:
    settings = startable(arguments)
    client = EngineClient(settings)
    folders = {path.name: path for path in arguments.paths}
    done = {record.name.rsplit(":", 1)[0] for record in journal.records}
    every = sum(len(of_file) for _, of_file in lines)
    with progress_bar() as progress:
        bar = progress.add_task("", total=every)
        for project, of_file in lines:
            if arguments.memory:
                # each time: the engine keeps a few projects only, and these take turns
                path = folders[project]
                sources = [_below(path, one) for one in read_sources([path])[0]]
                await remember_all(client, project, sources)
                client = EngineInProject(settings, project, of_file[0].source.name)
            typist = Typist(partial(_of, client), GATES[arguments.eagerness])
            for line in of_file:
                progress.update(bar, description=line.name)
                # the pauses of a line are kept together, for one may be answered from another
                seen = [] if line.name in done else [p async for p in typist.type(line, project)]
                for pause in seen:
                    journal.add(pause)
                progress.advance(bar)


def _of(client: EngineClient) -> EngineClient:
    return client
