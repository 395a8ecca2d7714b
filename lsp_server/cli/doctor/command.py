"""`fillwright doctor`: looks at each thing a fill needs, and names the remedy for what is wrong.

Starts no engine and changes nothing but a missing runtime folder.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.daemon.arguments import add_engine_arguments
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.errors import FillwrightError
from fillwright.lsp_server.cli.arguments import ENGINE_FAILED, Parser
from fillwright.lsp_server.cli.doctor.checkpoint import look_at_checkpoint
from fillwright.lsp_server.cli.doctor.editors import look_at_editors, look_at_servers
from fillwright.lsp_server.cli.doctor.engine import look_at_engine, look_at_folder
from fillwright.lsp_server.cli.doctor.finding import Finding, wrong
from fillwright.lsp_server.cli.doctor.installation import (
    look_at_grammars,
    look_at_kernels,
    look_at_memory,
    look_at_python,
    look_at_torch,
)
from fillwright.lsp_server.cli.doctor.model_server import look_at_server
from fillwright.lsp_server.cli.engine_arguments import engine_settings
from fillwright.lsp_server.cli.marks import mark, tilde

Look = Callable[[], Iterator[Finding]]

EDITORS = "Editors"
SERVERS = "Held back by running language servers"
NAME_WIDTH = 14
# what is not for a screen is not wrapped
UNBOUNDED = 10_000


def main(argv: Sequence[str]) -> int:
    """Run one command line, without its first two words; gives the exit code."""
    parser = Parser(
        prog="fillwright doctor", description="Looks for what keeps Fillwright from working."
    )
    add_engine_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args(argv)
    return 0 if doctor(engine_settings(arguments), as_json=arguments.json) else ENGINE_FAILED


def doctor(settings: EngineSettings, *, as_json: bool) -> bool:
    """Print a finding for everything; true when nothing is wrong.

    Names of the user's home folder are shortened to `~`, so that a report can be shown to others.
    """
    if as_json:
        findings = [finding for _, finding in examine(settings)]
        is_ok = all(finding.is_ok for finding in findings)
        print(json.dumps({"ok": is_ok, "findings": [_plain(finding) for finding in findings]}))
        return is_ok
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=UNBOUNDED)
    found: list[tuple[str, Finding]] = []
    with console.status("looking ..."):
        for group, pairs in groupby(examine(settings), key=lambda pair: pair[0]):
            console.print(Text(f"\n{group}" if found else group, style="bold"))
            for pair in pairs:
                found.append(pair)
                console.print(_row(console, pair[1]))
    console.print()
    console.print(_verdict(console, found), soft_wrap=True)
    return all(finding.is_ok for _, finding in found)


def examine(settings: EngineSettings) -> Iterator[tuple[str, Finding]]:
    """The findings with the group each belongs to, each as soon as it is known."""
    for group, name, look in looks(settings):
        try:
            for finding in look():
                yield group, finding
        except FillwrightError as error:
            # its sentence already says what to do
            yield group, wrong(name, str(error))


def looks(settings: EngineSettings) -> list[tuple[str, str, Look]]:
    """What there is to look at, by group and name."""
    return [
        ("Installation", "fillwright", look_at_python),
        ("Installation", "grammars", look_at_grammars),
        *_looks_at_model(settings),
        ("Engine", "runtime folder", lambda: look_at_folder(settings)),
        ("Engine", "engine", lambda: look_at_engine(settings)),
        (EDITORS, "editors", look_at_editors),
        (SERVERS, "reports", look_at_servers),
    ]


def _looks_at_model(settings: EngineSettings) -> list[tuple[str, str, Look]]:
    """At the model server, or at what a model of our own needs."""
    if (remote := settings.remote) is not None:
        return [("Engine", "server", lambda: look_at_server(remote))]
    checkpoint = settings.checkpoint or embedded_checkpoint()
    return [
        ("Installation", "cpu kernels", look_at_kernels),
        ("Installation", "torch", look_at_torch),
        ("Installation", "memory", lambda: look_at_memory(checkpoint)),
        ("Engine", "checkpoint", lambda: look_at_checkpoint(checkpoint)),
    ]


def _plain(finding: Finding) -> dict[str, object]:
    plain = {
        name: tilde(text) if isinstance(text, str) else text
        for name, text in asdict(finding).items()
    }
    return {**plain, "ok": finding.is_ok}


def _row(console: Console, finding: Finding) -> Table:
    row = Table.grid(padding=(0, 1))
    row.add_column(min_width=2)
    row.add_column(min_width=NAME_WIDTH)
    row.add_column()
    style = "dim" if finding.state == "missing" else ""
    said = Text(tilde(finding.found), style=style)
    if finding.remedy:
        said.append(f"\n{tilde(finding.remedy)}", style="" if style else "italic")
    row.add_row(Text(" ").append_text(mark(console, finding.state)), Text(finding.name), said)
    return row


def _verdict(console: Console, found: list[tuple[str, Finding]]) -> Text:
    errors = sum(not finding.is_ok for _, finding in found)
    if errors:
        things = "1 thing is" if errors == 1 else f"{errors} things are"
        return mark(console, "error").append(f" {things} wrong.")
    # a language server that runs was started by an editor, however that was set up
    states = {finding.state for group, finding in found if group == EDITORS}
    if "ok" not in states and not any(group == SERVERS for group, _ in found):
        return mark(console, "warning").append(
            " Nothing is wrong, but no editor is set up: `fillwright setup` shows which are here."
        )
    return mark(console, "ok").append(" Everything is ok.")
