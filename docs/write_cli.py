"""Writes docs/cli.md: what every verb of the `fillwright` command says of itself.

Run `make pages`; a test fails while the page is not what this writes, in the Python that it was
written with: others lay help out otherwise.
"""

import contextlib
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

from fillwright.lsp_server.cli.main import main

OUTPUT = Path(__file__).parent / "cli.md"
PYTHON = (3, 11)
COLUMNS = "80"
HEAD = """# The command line

Written by `docs/write_cli.py` from the command itself.

| exit code | meaning |
|---|---|
| 0 | done |
| 2 | the arguments, a file, a model or the setup: something that you can put right. One sentence on stderr says what |
| 3 | the engine failed, or `fillwright doctor` found something that keeps Fillwright from working |
| 130 | interrupted with Ctrl+C |
| 1, and a traceback | a bug; please report it |

Colours are off where the output is no terminal, and where the variable `NO_COLOR` is set; no
meaning is in a colour alone. Lines and columns count from 1.

Tab completes in bash, zsh and fish, and `man fillwright` works, where pip installed Fillwright for the user or the system. Elsewhere:

    eval "$(fillwright completion bash)"                                       # in ~/.bashrc
    fillwright completion zsh > ~/.zfunc/_fillwright                           # a folder of fpath, before compinit
    fillwright completion fish > ~/.config/fish/completions/fillwright.fish
    fillwright completion man | man -l -
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for words, text in _helps([]):
        title = " ".join(["fillwright", *words])
        parts.append(f"{'#' * (min(len(words), 1) + 1)}# {title}\n\n```text\n{text}```\n")
    return "\n".join(parts)


def verbs(text: str) -> list[str]:
    """The verbs that a help text lists under its positional arguments."""
    _, _, listed = text.partition("positional arguments:\n")
    return re.findall(r"^    ([a-z][a-z-]+)(?:  |$)", listed.partition("\n\n")[0], re.MULTILINE)


def _helps(words: list[str]) -> Iterator[tuple[list[str], str]]:
    text = _help(words)
    yield words, text
    for verb in verbs(text):
        yield from _helps([*words, verb])


def _help(words: list[str]) -> str:
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = COLUMNS
    try:
        with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
            main([*words, "--help"])
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before
    printed.seek(0)
    return printed.read()


if __name__ == "__main__":
    OUTPUT.write_text(page(), encoding="utf-8")
