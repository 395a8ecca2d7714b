"""VS Code: our extension's package where there is one, and the setting that names the server.

A window on another machine (SSH, WSL, a container, a browser) has its extensions run by a VS Code
server there, which reads settings of its own: each server of this user gets the setting, too.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fillwright.engine.errors import BadRequest
from fillwright.lsp_server.cli.editors.json_settings import with_member
from fillwright.lsp_server.cli.editors.places import Places
from fillwright.lsp_server.cli.editors.plan import FileChange, Plan, changed, existing

EXTENSION = "fillwright.fillwright"
SETTING = "fillwright.server.path"
PROGRAMS = ("code", "code-server")
PACKAGES = Path(__file__).parents[3] / "editors" / "vscode" / "dist"
# the folders that VS Code's remote extensions and its relatives install their servers into
SERVERS = (
    ".vscode-server",
    ".vscode-server-insiders",
    ".vscode-remote",
    ".vscodium-server",
    ".openvscode-server",
    ".cursor-server",
)
THEN = (
    "Open a source file and type: ghost text appears, and Tab takes it.",
    "Ctrl+. offers to fill a body or to rewrite a selection.",
)
NO_PACKAGE = (
    "The extension is missing. `make vsix` in a checkout of Fillwright makes its package (that "
    "needs npm, but no PyTorch); then run `fillwright setup vscode --yes` of that checkout, or "
    "install the package in VS Code by `Extensions: Install from VSIX...`."
)
NO_PROGRAM = (
    "The extension is missing, and `code` is not on the PATH. In VS Code install {package} by "
    "`Extensions: Install from VSIX...`, or run `Shell Command: Install 'code' command in PATH` "
    "and then this again."
)


def plan(places: Places) -> Plan:
    """What VS Code lacks. BadRequest when its settings are not JSON with comments."""
    user = places.app_data / "Code" / "User" / "settings.json"
    machines = [data / "Machine" / "settings.json" for data in _server_data(places)]
    changes = tuple(
        change for path in (user, *machines) for change in _with_setting(path, places.command)
    )
    program = places.program(*PROGRAMS)
    package = max(PACKAGES.glob("fillwright-*.vsix"), default=None)
    if _is_installed(program, places):
        return Plan(changes, then=THEN)
    if package is None:
        return Plan(changes, lacks=NO_PACKAGE)
    if program is None:
        return Plan(changes, lacks=NO_PROGRAM.format(package=package))
    return Plan(changes, ((program, "--install-extension", str(package)),), then=THEN)


def _with_setting(path: Path, command: Path) -> tuple[FileChange, ...]:
    source = existing(path)
    try:
        after = with_member(source.text if source is not None else "", [SETTING], str(command))
    except ValueError as error:
        raise BadRequest(
            f"{path} cannot be changed ({error}); add {SETTING!r} by hand: {command}"
        ) from None
    return changed(path, source, after)


def _server_data(places: Places) -> Iterator[Path]:
    """The data folders of the VS Code servers that are on this machine."""
    chosen = places.environment.get("VSCODE_AGENT_FOLDER")
    roots = dict.fromkeys([Path(chosen)] if chosen else [])
    roots |= dict.fromkeys(places.home / name for name in SERVERS)
    yield from (root / "data" for root in roots if root.is_dir())
    code_server = _code_server(places)
    if code_server.is_dir():
        yield code_server


def _code_server(places: Places) -> Path:
    """Where code-server keeps settings and extensions, on every platform."""
    data = places.environment.get("XDG_DATA_HOME") or places.home / ".local" / "share"
    return Path(data) / "code-server"


def _is_installed(program: str | None, places: Places) -> bool:
    if program is not None:
        return EXTENSION in places.ask(program, "--list-extensions").lower().split()
    servers = (data.parent for data in _server_data(places))
    roots = [places.home / ".vscode", _code_server(places), *servers]
    return any(EXTENSION in _listed(root / "extensions" / "extensions.json") for root in roots)


def _listed(path: Path) -> set[Any]:
    """The names of the extensions in VS Code's own list of them."""
    try:
        extensions = json.loads(path.read_text(encoding="utf-8"))
        return {extension["identifier"]["id"] for extension in extensions}
    except (OSError, ValueError, TypeError, KeyError):
        # no such VS Code, or a list of a form that is not known: nothing is known to be there
        return set()
