"""`fillwright completion SHELL`: prints what a shell needs to complete the command, or the manual
page. `docs/write_completion.py` writes the files from the verbs' own parsers.
"""

from collections.abc import Sequence
from pathlib import Path

from fillwright.lsp_server.cli.arguments import Parser

FOLDER = Path(__file__).parent / "shells"
MANUAL = "man"
FILES = {
    "bash": "fillwright",
    "zsh": "_fillwright",
    "fish": "fillwright.fish",
    MANUAL: "fillwright.1",
}
"""Each by the name that its shell, or man, looks for."""


def main(argv: Sequence[str]) -> int:
    """Run one command line, without its first two words; gives the exit code."""
    parser = Parser(
        prog="fillwright completion",
        description="Prints a shell's completion of this command, or its manual page.",
    )
    parser.add_argument("what", choices=tuple(FILES), metavar="|".join(FILES))
    arguments = parser.parse_args(argv)
    print((FOLDER / FILES[arguments.what]).read_text("utf-8"), end="")
    return 0
