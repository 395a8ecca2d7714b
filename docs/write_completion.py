"""Writes what shells and `man` know of the `fillwright` command, from its own parsers, into
lsp_server/cli/shells/.

Run `make pages`; a test fails while the files are not what this writes, in the Python that they
were written with.
"""

import argparse
import contextlib
import io
import re
from collections.abc import Iterator
from importlib.metadata import version
from unittest.mock import patch

import shtab
from argparse_manpage.manpage import Manpage

from fillwright.lsp_server.cli.completion import FILES, FOLDER, MANUAL
from fillwright.lsp_server.cli.examples import EXAMPLES
from fillwright.lsp_server.cli.main import main

PYTHON = (3, 11)
NAMES_OF_FILES = {"FILE", "PATH", "FILE.html", "FILE.jsonl[.gz]"}
NAMES_OF_FOLDERS = {"FOLDER", "DIR", "SRC", "DST"}


class _Caught(Exception):  # noqa: N818 - an outcome, not an error
    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self.parser = parser


def whole_parser() -> argparse.ArgumentParser:
    """The command's parser with those of all its verbs in it."""
    parser = _parser_of([])
    _complete(parser, [])
    return parser


def write() -> dict[str, str]:
    """The files by their names."""
    parser = whole_parser()
    _complete_files(parser)
    made = {name: shtab.complete(parser, shell) for shell, name in FILES.items() if shell != MANUAL}
    return {**made, FILES[MANUAL]: _manual(whole_parser())}


def _parser_of(words: list[str]) -> argparse.ArgumentParser:
    """The parser of a verb, caught as it begins to parse."""

    def caught(parser: argparse.ArgumentParser, *_: object) -> None:
        raise _Caught(parser)

    with (
        patch.object(argparse.ArgumentParser, "parse_args", caught),
        contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())),
        contextlib.suppress(SystemExit),
    ):
        try:
            main(words)
        except _Caught as found:
            return found.parser
    raise AssertionError(f"{words} parses nothing")


def _complete(parser: argparse.ArgumentParser, words: list[str]) -> None:
    """Put the real parsers in the place of those that only name a verb."""
    for verbs in _verbs_of(parser):
        for name, inner in list(verbs.choices.items()):
            known = inner
            if not inner.add_help:
                known = verbs.choices[name] = _parser_of([*words, name])
            _complete(known, [*words, name])


def _verbs_of(
    parser: argparse.ArgumentParser,
) -> Iterator["argparse._SubParsersAction[argparse.ArgumentParser]"]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield action


def _complete_files(parser: argparse.ArgumentParser) -> None:
    """Tell shtab which arguments are files and folders."""
    for action in parser._actions:
        if action.metavar in NAMES_OF_FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif action.metavar in NAMES_OF_FOLDERS or action.dest == "folder":
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    for verbs in _verbs_of(parser):
        for inner in verbs.choices.values():
            _complete_files(inner)


def _manual(parser: argparse.ArgumentParser) -> str:
    parser.epilog = None
    page = Manpage(
        parser,
        {
            "project_name": "Fillwright",
            "version": version("fillwright"),
            "manual_title": "Fillwright",
            "description": "fills holes in code with text diffusion",
            # of the version, not of the day
            "date": version("fillwright"),
            "url": "https://github.com/fillwright/fillwright",
        },
        format="single-commands-section",
    )
    examples = "\n".join(line for verb in ("", "fill", "engine") for line in EXAMPLES[verb])
    page.add_section("examples", "=", f".nf\n{_roff(examples)}\n.fi")
    page.add_section("exit status", "=", _roff(EXIT_STATUS))
    # a line may end within a list of choices, and then has no spaces to make wider
    text = re.sub(r",(?=[a-z+-])", r",\\:", str(page))
    return text.replace("\n.SH NAME", "\n.ad l\n.SH NAME", 1)


EXIT_STATUS = """0: done. 2: the arguments, a file or the setup, which you can put right.
3: the engine failed, or doctor found a problem. 130: interrupted. 1: a bug, with a traceback."""


def _roff(text: str) -> str:
    return text.replace("\\", "\\\\").replace("-", "\\-")


if __name__ == "__main__":
    for name, text in write().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
