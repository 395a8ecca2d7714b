"""The command line of `fillwright fill`. Reads no file."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from fillwright.engine.daemon.arguments import add_engine_arguments
from fillwright.engine.errors import BadRequest
from fillwright.engine.request import Budget, Constraint, Decode
from fillwright.engine.syntax.pieces import KINDS
from fillwright.lsp_server.cli.arguments import Parser, sentence, whole
from fillwright.lsp_server.cli.engine_arguments import startable
from fillwright.lsp_server.cli.fill import FillOptions
from fillwright.lsp_server.cli.locations import parse_at, parse_body, parse_piece, parse_range

LARGEST_SEED, MOST_STEPS, LONGEST_MS = 2**63 - 1, 10_000, 3_600_000
PLACES = (
    ("--at", "LINE:COL", parse_at, "from here to the end of the line"),
    ("--body", "LINE", parse_body, "the body of the function around this line"),
    ("--range", "L1:C1-L2:C2", parse_range, "from the first position up to the second"),
    ("--piece", "KIND@LINE:COL", parse_piece, f"a piece around here: {', '.join(KINDS)}"),
)


def parse_fill(argv: Sequence[str]) -> FillOptions:
    """The options of a `fillwright fill` command line, without its first two words.

    Raises BadRequest where no hole is named or there is no such model; ends the process for what
    argparse refuses.
    """
    arguments = _parser().parse_args(argv)
    if not arguments.places:
        raise BadRequest("say which hole to fill with --at, --body, --range or --piece.")
    return FillOptions(
        file=arguments.file,
        places=tuple(arguments.places),
        engine=startable(arguments),
        write=arguments.write,
        json=arguments.json,
        watch=arguments.watch,
        instruction=arguments.instruction,
        seed=arguments.seed,
        budget=Budget(steps=arguments.steps, deadline_ms=arguments.deadline),
        decode=arguments.decode,
        constraint=_constraint(arguments),
        strength=arguments.strength,
        project=arguments.project,
        adapter=arguments.adapter,
    )


def _parser() -> Parser:
    parser = Parser(prog="fillwright fill", description="Fills holes of a file.")
    parser.add_argument("file", type=Path, metavar="FILE")
    places = parser.add_argument_group(
        "the holes", "one or several, filled jointly; lines and columns count from 1"
    )
    for option, metavar, parse, help in PLACES:
        places.add_argument(
            option,
            type=sentence(parse),
            metavar=metavar,
            action="append",
            dest="places",
            help=help,
        )
    parser.add_argument("--write", action="store_true", help="change FILE; print no diff")
    parser.add_argument("--json", action="store_true", help="print one JSON object, not a diff")
    parser.add_argument("--watch", action="store_true", help="show the drafts as they denoise")
    parser.add_argument(
        "--no-project",
        action="store_false",
        dest="project",
        help="fill from FILE alone; else the project around it is read first, and has a say",
    )
    parser.add_argument(
        "--adapter", type=Path, metavar="FOLDER", help="fill with what `fillwright tune` wrote"
    )
    parser.add_argument("--instruction", metavar="TEXT", help="what the fill should do")
    parser.add_argument(
        "--seed",
        type=sentence(whole("seed", 0, LARGEST_SEED)),
        default=0,
        metavar="N",
        help="another seed, another block or denoised fill",
    )
    parser.add_argument(
        "--steps",
        type=sentence(whole("number of steps", 1, MOST_STEPS)),
        metavar="N",
        help="steps per canvas at most",
    )
    parser.add_argument(
        "--deadline",
        type=sentence(whole("number of milliseconds", 1, LONGEST_MS)),
        metavar="MS",
        help="take what there is after so many milliseconds, once the engine runs; the fill then "
        "says 'deadline'",
    )
    parser.add_argument(
        "--decode",
        choices=get_args(Decode),
        default="auto",
        help="denoise from noise, write a causal draft, or denoise from that draft; "
        "auto is what the checkpoint is best at",
    )
    parser.add_argument(
        "--strength",
        type=sentence(_share),
        metavar="S",
        help="keep what stands in the only hole but for this share of its tokens, from 0 to 1: the "
        "least likely ones are renoised",
    )
    constraint = parser.add_argument_group(
        "what the only hole has to be", "a fill that is not says 'unmet'"
    ).add_mutually_exclusive_group()
    constraint.add_argument("--parses", action="store_true", help="free of syntax errors")
    constraint.add_argument("--regex", metavar="PATTERN", help="a match of the pattern, all of it")
    constraint.add_argument(
        "--one-of", nargs="+", metavar="TEXT", help="one of these texts, word for word"
    )
    add_engine_arguments(parser)
    return parser


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError(f"a strength is a number from 0 to 1, not {text!r}")
    return share


def _constraint(arguments: argparse.Namespace) -> Constraint:
    """Raises BadRequest where the one that was asked for cannot be."""
    constraint = Constraint()
    if arguments.parses:
        constraint = Constraint("parses")
    elif arguments.regex:
        constraint = Constraint("regex", pattern=arguments.regex)
    elif arguments.one_of:
        constraint = Constraint("one of", choices=tuple(arguments.one_of))
    if constraint.kind != "none" and len(arguments.places) > 1:
        raise BadRequest("a constraint is for one hole; fill the holes one at a time.")
    if arguments.strength is not None and len(arguments.places) > 1:
        raise BadRequest("a strength is for one hole; rewrite them one at a time.")
    return constraint
