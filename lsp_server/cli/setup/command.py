"""`fillwright setup EDITOR`: shows what an editor lacks, does it when told to, and tries a fill.
Without an editor it says which ones are here.
"""

import shlex
import subprocess
from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.syntax import Syntax
from rich.text import Text

from fillwright.engine.daemon.arguments import add_engine_arguments
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.errors import BadRequest
from fillwright.lsp_server.cli.arguments import BAD_ARGUMENTS, Parser
from fillwright.lsp_server.cli.doctor.editors import look_at_editors
from fillwright.lsp_server.cli.editors.editors import EDITORS, Editor
from fillwright.lsp_server.cli.editors.places import Places
from fillwright.lsp_server.cli.editors.plan import Plan
from fillwright.lsp_server.cli.engine_arguments import startable
from fillwright.lsp_server.cli.marks import State, mark, tilde
from fillwright.lsp_server.cli.setup.sample import AFTER, BEFORE, Sample, fill_sample
from fillwright.lsp_server.cli.terminal import coloured_diff


def main(argv: Sequence[str]) -> int:
    """Run one command line, without its first two words; gives the exit code."""
    parser = Parser(prog="fillwright setup", description="Sets an editor up, and tries a fill.")
    parser.add_argument(
        "editor",
        nargs="?",
        choices=tuple(EDITORS),
        metavar="|".join(EDITORS),
        help="without it the editors that are here are looked for",
    )
    parser.add_argument("--yes", action="store_true", help="do it; without, it is only shown")
    add_engine_arguments(parser)
    arguments = parser.parse_args(argv)
    if arguments.editor is None:
        if arguments.yes:
            raise BadRequest("say which editor to set up: " + ", ".join(EDITORS) + ".")
        show_editors()
        return 0
    is_set_up = setup(arguments.editor, startable(arguments), yes=arguments.yes)
    return 0 if is_set_up else BAD_ARGUMENTS


def show_editors() -> None:
    """Say of each editor whether it is here and set up, and what sets it up."""
    console = Console(highlight=False)
    with console.status("looking for editors ..."):
        found = list(look_at_editors())
    for finding in found:
        _say(console, finding.state, tilde(f"{finding.name}: {finding.found}"))
    left = [finding.name for finding in found if finding.state == "warning"]
    console.print()
    if not any(finding.state != "missing" for finding in found):
        console.print("No editor is on the PATH. One that is elsewhere can be set up by its name:")
        left = [finding.name for finding in found]
    elif not left:
        console.print("Every editor that is here is set up.")
    else:
        console.print("To see what would be written, and with --yes to write it:")
    for name in left:
        console.print(f"  fillwright setup {name}")


def setup(name: str, settings: EngineSettings, *, yes: bool) -> bool:
    """Set up one of `EDITORS`, or show what that would be; false when something is left that only
    the user can do, which the last line says.

    Raises BadRequest for what the user can correct, and what the engine's client raises.
    """
    editor, places = EDITORS[name], Places.here()
    console = Console(highlight=False)
    version = editor.version(places)
    if version is not None and editor.is_too_old(version):
        least = ".".join(map(str, editor.least))
        raise BadRequest(f"{editor.title} {version} is too old; Fillwright needs {least} or newer.")
    _show_title(console, editor, version)
    plan = editor.plan(places)
    if plan.is_done:
        _say(console, "ok", f"{editor.title} is set up; there is nothing to do.")
    elif yes or plan.is_written:
        _carry_out(console, plan)
    else:
        _show(console, plan)
        console.print(
            f"\nNothing was written. To do it: [bold]fillwright setup {name} --yes[/bold]"
        )
        return _say_verdict(console, editor, plan)
    with console.status("filling a sample hole ..."):
        sample = fill_sample(settings)
    _show_sample(console, sample)
    console.print()
    for sentence in plan.then:
        console.print(Text(tilde(sentence)), soft_wrap=True)
    if version is None and plan.lacks is None:
        _say(console, "warning", f"{editor.title} is not on the PATH; install it if it is missing.")
    return _say_verdict(console, editor, plan)


def _show_title(console: Console, editor: Editor, version: str | None) -> None:
    found = version if version is not None else "(not on the PATH)"
    console.print(Text.assemble(("Fillwright in ", "dim"), (editor.title, "bold"), f" {found}"))
    console.print()


def _show(console: Console, plan: Plan) -> None:
    for change in plan.changes:
        verb = "change" if change.source is not None else "create"
        console.print(Text.assemble((verb, "bold"), f" {tilde(str(change.path))}"), soft_wrap=True)
        # its first two lines name the file again
        for line in coloured_diff(change.diff)[2:]:
            console.print(Text("  ").append_text(line), soft_wrap=True)
    for command in plan.commands:
        run = f" {tilde(shlex.join(command))}"
        console.print(Text.assemble(("run", "bold"), run), soft_wrap=True)


def _carry_out(console: Console, plan: Plan) -> None:
    for change in plan.changes:
        backup = change.write()
        kept = f"; what it was is in {backup.name}" if backup is not None else ""
        _say(console, "ok", f"{tilde(str(change.path))} is written{kept}")
    for command in plan.commands:
        line = shlex.join(command)
        with console.status("running ..."):
            try:
                ran = subprocess.run(
                    command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
                )
            except OSError as error:
                raise BadRequest(f"`{line}` cannot be run ({error.strerror}).") from None
        if ran.returncode:
            reason = ran.stderr.strip().rpartition("\n")[2] or f"exit code {ran.returncode}"
            raise BadRequest(f"`{line}` failed: {reason}")
        _say(console, "ok", tilde(line))


def _say_verdict(console: Console, editor: Editor, plan: Plan) -> bool:
    if plan.lacks is not None:
        _say(console, "error", tilde(f"{editor.title} is NOT set up. {plan.lacks}"))
    return plan.lacks is None


def _show_sample(console: Console, sample: Sample) -> None:
    infill = sample.infill
    waited = f", after {sample.waited_ms / 1000:.1f} s until it was ready"
    _say(
        console,
        "ok",
        f"the engine works: a sample hole was filled in {sample.fill_ms:.0f} ms "
        f"by {infill.model} on {infill.device}"
        f"{waited if sample.waited_ms > 1000 else ''}",
    )
    first = BEFORE.count("\n") - 1
    code = BEFORE.removesuffix("\n") + infill.texts[0] + AFTER
    filled = range(BEFORE.count("\n") + 1, BEFORE.count("\n") + 1 + infill.texts[0].count("\n"))
    picture = Syntax(
        code,
        "python",
        theme="ansi_dark",
        background_color="default",
        line_numbers=True,
        line_range=(first, filled.stop),
        highlight_lines=set(filled),
    )
    console.print(Padding(picture, (1, 2, 0, 2)))


def _say(console: Console, state: State, sentence: str) -> None:
    console.print(Text.assemble(mark(console, state), f" {sentence}"), soft_wrap=True)
