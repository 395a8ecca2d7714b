"""Looks at the editors on the PATH, and at what the language servers held back lately."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from fillwright.engine.daemon.runtime_dir import default_folder, private_folder
from fillwright.engine.errors import BadRequest
from fillwright.lsp_server.cli.doctor.finding import Finding, ok
from fillwright.lsp_server.cli.editors.editors import EDITORS, Editor
from fillwright.lsp_server.cli.editors.places import Places
from fillwright.lsp_server.session.editor_reports import editor_reports

# of each language server
LATEST = 5


def look_at_editors() -> Iterator[Finding]:
    """Each editor that can be set up."""
    places = Places.here()
    for name, editor in EDITORS.items():
        yield _editor(name, editor, places)


def look_at_servers() -> Iterator[Finding]:
    """What each language server that runs held back, latest last."""
    for report in editor_reports(private_folder(default_folder())):
        name = f"{report.get('editor') or 'an editor'} ({report['pid']})"
        suppressed = report.get("suppressed") or []
        if not suppressed:
            yield ok(name, "nothing was held back")
        for suppression in suppressed[-LATEST:]:
            yield Finding(name, "missing", _held_back(suppression))


def _editor(name: str, editor: Editor, places: Places) -> Finding:
    version = editor.version(places)
    if version is None:
        return _elsewhere(name, editor, places)
    known = version or "of unknown version"
    if editor.is_too_old(version):
        least = ".".join(map(str, editor.least))
        return Finding(name, "warning", f"{known} is too old", f"Install {least} or newer.")
    try:
        plan = editor.plan(places)
    except BadRequest as error:
        return Finding(name, "warning", known, str(error))
    if plan.is_done:
        return ok(name, f"{known}, set up")
    remedy = plan.lacks if plan.is_written else f"Run `fillwright setup {name}`."
    return Finding(name, "warning", f"{known}, not set up by `fillwright setup`", remedy)


def _elsewhere(name: str, editor: Editor, places: Places) -> Finding:
    """An editor that is not on the PATH may be set up all the same, as programs on macOS are."""
    try:
        is_done = editor.plan(places).is_done
    except BadRequest:
        # without the editor there is nothing to say about its files
        is_done = False
    if is_done:
        return ok(name, "set up; not on the PATH")
    return Finding(name, "missing", "not on the PATH")


def _held_back(suppression: dict[str, Any]) -> str:
    # the name alone: a report should not tell where the user keeps what
    file = Path(unquote(urlsplit(str(suppression.get("uri"))).path)).name
    count = suppression.get("count", 1)
    return f"{count} × {suppression.get('kind')} in {file}: {suppression.get('message')}"
