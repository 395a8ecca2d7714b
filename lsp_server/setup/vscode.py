"""VS Code: our extension's package where there is one, and the setting that names the server."""

from pathlib import Path

from fillwright.engine.errors import BadRequest
from fillwright.lsp_server.setup.json_settings import with_member
from fillwright.lsp_server.setup.places import Places
from fillwright.lsp_server.setup.plan import Plan, changed, existing

EXTENSION = "fillwright.fillwright"
SETTING = "fillwright.server.path"
PACKAGES = Path(__file__).parent.parent.parent / "editors" / "vscode" / "dist"
THEN = (
    "Open a source file and type: ghost text appears, and Tab takes it.",
    "Ctrl+. offers to fill a body or to rewrite a selection.",
)
NO_PACKAGE = (
    "The extension is not in this installation: `make vsix` in a checkout of Fillwright packages "
    "it, and `code --install-extension` installs the package."
)
NO_PROGRAM = (
    "`code` is not on the PATH: in VS Code run `Shell Command: Install 'code' command in PATH`, "
    "or install the package {package} by `Extensions: Install from VSIX...`."
)


def plan(places: Places) -> Plan:
    """What VS Code lacks. BadRequest when its settings are not JSON with comments."""
    path = places.app_data / "Code" / "User" / "settings.json"
    source = existing(path)
    before = source.text if source is not None else ""
    try:
        after = with_member(before, [SETTING], str(places.command))
    except ValueError as error:
        raise BadRequest(
            f"{path} cannot be changed ({error}); add {SETTING!r} by hand: {places.command}"
        ) from None
    changes = changed(path, source, after)
    program = places.program("code")
    installed = program is not None and _is_installed(program, places)
    package = max(PACKAGES.glob("fillwright-*.vsix"), default=None)
    if installed:
        return Plan(changes, then=THEN)
    if package is None:
        return Plan(changes, lacks=NO_PACKAGE)
    if program is None:
        return Plan(changes, lacks=NO_PROGRAM.format(package=package))
    return Plan(changes, ((program, "--install-extension", str(package)),), then=THEN)


def _is_installed(program: str, places: Places) -> bool:
    return EXTENSION in places.ask(program, "--list-extensions").lower().split()
