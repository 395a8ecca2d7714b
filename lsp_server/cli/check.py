"""`fillwright check`: files in; the places that the model finds unlikely out, a line for each.

Knows files, documents and the client of the engine.
"""

import argparse
import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from fillwright.engine.daemon.arguments import add_engine_arguments
from fillwright.engine.daemon.client import EngineSettings
from fillwright.engine.request import Ranking
from fillwright.engine.syntax.languages import language_of_file
from fillwright.lsp_server.cli.arguments import Parser, sentence
from fillwright.lsp_server.cli.asking import client_for
from fillwright.lsp_server.cli.engine_arguments import startable
from fillwright.lsp_server.cli.source_file import read_source
from fillwright.lsp_server.cli.terminal import say, showing
from fillwright.lsp_server.fills.unlikely import Check, UnlikelyPlace, unlikely_places
from fillwright.lsp_server.text.documents import Document


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """One `fillwright check` command line."""

    files: tuple[Path, ...]
    engine: EngineSettings
    check: Check
    json: bool = False


def main(argv: Sequence[str]) -> int:
    """Run one command line, without its first word; gives the exit code."""
    arguments = _parser().parse_args(argv)
    # nobody else's key: an editor's look at these files must not cancel this one
    check = Check(f"command line {os.getpid()}", arguments.by, arguments.gain)
    options = CheckOptions(tuple(arguments.files), startable(arguments), check, arguments.json)
    check_files(options)
    return 0


def check_files(options: CheckOptions) -> None:
    """Look through the files, one after another, and print what is unlikely in each.

    Raises BadRequest for a file that cannot be looked through, and what the client raises.
    """
    documents = [
        Document.of(read_source(file).text, language_of_file(file), str(file))
        for file in options.files
    ]
    reports = asyncio.run(_look(options, documents))
    if options.json:
        print(json.dumps(reports))
    else:
        say(f"{len(reports)} unlikely {'place' if len(reports) == 1 else 'places'}")


async def _look(options: CheckOptions, documents: Sequence[Document]) -> list[dict[str, Any]]:
    reports: list[dict[str, Any]] = []
    async with client_for(options.engine) as client:
        for document in documents:
            with showing(f"looking through {document.uri} ..."):
                places = await unlikely_places(client, document, options.check)
            found = [_report(document, place) for place in places]
            if not options.json:
                for each in found:
                    print(_line(each))
            reports += found
    return reports


def _report(document: Document, place: UnlikelyPlace) -> dict[str, Any]:
    start = place.change.start
    line = document.lines.line_of(start)
    return {
        "file": document.uri,
        "line": line + 1,
        "column": start - document.lines.starts[line] + 1,
        "text": place.own,
        "likelier": place.change.text,
        "gain": round(place.gain, 2),
    }


def _line(report: dict[str, Any]) -> str:
    place = "{file}:{line}:{column}".format(**report)
    return f"{place}: {report['text']!r}, likelier {report['likelier']!r} ({report['gain']} nats)"


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="fillwright check",
        description="Looks for unlikely places in files, and says what would be likelier there.",
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument(
        "--by",
        choices=get_args(Ranking),
        help="how tokens are ranked: by the causal head or by the denoiser; by default as the "
        "checkpoint was measured to be better",
    )
    parser.add_argument(
        "--gain",
        type=sentence(_nats),
        metavar="NATS",
        help="tell what makes the lines around so much likelier; the checkpoint's own by default",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON list")
    add_engine_arguments(parser)
    return parser


def _nats(text: str) -> float:
    try:
        nats = float(text)
    except ValueError:
        nats = -1.0
    if not 0 <= nats < float("inf"):
        raise ValueError(f"a gain is a number of nats, 0 or more, not {text!r}")
    return nats
