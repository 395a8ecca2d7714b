"""Zed: `settings.json`, with its comments.

Zed starts only language servers that it knows or that an extension brings. Fillwright has no
extension, so it goes by the name of pylsp, which Zed knows and does not start by itself.
"""

from typing import Any

from fillwright.engine.errors import BadRequest
from fillwright.lsp_server.cli.editors.json_settings import member, with_member
from fillwright.lsp_server.cli.editors.places import Places
from fillwright.lsp_server.cli.editors.plan import Plan, changed, existing

NAME = "pylsp"
SERVER = ("lsp", NAME, "binary")
SERVERS = ("languages", "Python", "language_servers")
# Zed's own list, in which pylsp is switched off
OWN_SERVERS = ["basedpyright", "ruff", "!ty", "!pyrefly", "!pyright", "..."]
THEN = (
    "Open a Python file; the code actions on a function offer to fill its body.",
    "Zed knows no server of ours, so Fillwright goes by the name of pylsp, in Python files only; "
    "ghost text from a language server is not to be had in Zed.",
)


def plan(places: Places) -> Plan:
    """What Zed lacks. BadRequest when pylsp is in use, or the settings are not JSON."""
    # Zed keeps its settings under ~/.config on macOS, too
    root = places.app_data if places.platform == "win32" else places.config
    path = root / ("Zed" if places.platform == "win32" else "zed") / "settings.json"
    source = existing(path)
    before = source.text if source is not None else ""
    server = {"path": str(places.command), "arguments": ["serve"]}
    try:
        other = member(before, SERVER)
        if other is not None and "serve" not in _arguments(other):
            raise BadRequest(f"{path} has a pylsp of yours, whose name Fillwright would need.")
        after = with_member(before, SERVER, server)
        servers = member(before, SERVERS)
        after = with_member(after, SERVERS, _with_ours(servers))
    except ValueError as error:
        raise BadRequest(
            f"{path} cannot be changed ({error}); set {'.'.join(SERVER)} to {server} and add "
            f"{NAME!r} to {'.'.join(SERVERS)} by hand."
        ) from None
    return Plan(changes=changed(path, source, after), then=THEN)


def _with_ours(servers: Any) -> list[Any]:
    others = OWN_SERVERS if not isinstance(servers, list) else servers
    if NAME in others:
        return others
    return [NAME, *(name for name in others if name != f"!{NAME}")]


def _arguments(server: Any) -> list[Any]:
    arguments = server.get("arguments") if isinstance(server, dict) else None
    return arguments if isinstance(arguments, list) else []
