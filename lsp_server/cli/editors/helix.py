"""Helix: `languages.toml`, merged. Comments and layout of what is there stay.

A language's entry replaces Helix' own list of language servers, so the new entry names those too,
as this Helix says that they are.
"""

import re
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array

from fillwright.engine.errors import BadRequest
from fillwright.lsp_server.cli.editors.places import Places
from fillwright.lsp_server.cli.editors.plan import Plan, changed, existing

NAME = "fillwright"
LANGUAGES = ("python", "javascript", "jsx", "typescript", "tsx", "rust", "go", "c", "cpp",
             "c-sharp", "java", "lua", "ruby", "php", "bash")  # fmt: skip
THEN = (
    "Open a source file; `Space a` on a function offers to fill its body.",
    "While typing, fills are in the completion popup; Helix has no ghost text.",
)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# a mark, the server's name, and what is known of its program
_SERVER = re.compile(r"  \S+ ([^\s:]+): ")


def plan(places: Places) -> Plan:
    """What Helix lacks. BadRequest when its file is not TOML, or Helix cannot be asked."""
    path = _folder(places) / "languages.toml"
    source = existing(path)
    try:
        document = tomlkit.parse(source.text if source is not None else "")
    except TOMLKitError as error:
        raise BadRequest(f"{path} is not TOML ({error}); correct it first.") from None
    _name_server(document, path, places.command)
    languages = document.setdefault("language", tomlkit.aot())
    if not isinstance(languages, AoT):
        raise BadRequest(
            f"{path} should have its languages as [[language]] tables; correct it first."
        )
    for name in LANGUAGES:
        _add_server(languages, name, places)
    return Plan(changes=changed(path, source, tomlkit.dumps(document)), then=THEN)


def _folder(places: Places) -> Path:
    root = places.app_data if places.platform == "win32" else places.config
    return root / "helix"


def _name_server(document: tomlkit.TOMLDocument, path: Path, command: Path) -> None:
    servers = document.setdefault("language-server", tomlkit.table(is_super_table=True))
    if not isinstance(servers, MutableMapping):
        raise BadRequest(f"{path} should have [language-server.NAME] tables; correct it first.")
    wanted = {"command": str(command), "args": ["serve"]}
    if NAME not in servers:
        servers[NAME] = tomlkit.table()
        servers[NAME].add(tomlkit.nl())
    server = servers[NAME]
    for key, value in wanted.items():
        if server.get(key) != value:
            server[key] = value


def _add_server(languages: AoT, name: str, places: Places) -> None:
    entry = next((entry for entry in languages if entry.get("name") == name), None)
    if entry is None:
        entry = tomlkit.table()
        entry["name"] = name
        languages.append(entry)
        # what was appended is a copy
        entry = languages[-1]
    servers = entry.get("language-servers")
    if not isinstance(servers, Array):
        entry["language-servers"] = [*_own_servers(name, places), NAME]
    elif NAME not in map(_server_name, servers):
        servers.append(NAME)


def _server_name(server: Any) -> Any:
    return server.get("name") if isinstance(server, Mapping) else server


def _own_servers(language: str, places: Places) -> list[str]:
    """The language servers that Helix has for a language by itself."""
    program = places.program("hx", "helix")
    if program is None:
        raise BadRequest("Helix is not on the PATH (as hx or helix); install it first.")
    lines = _COLOURS.sub("", places.ask(program, "--health", language)).splitlines()
    if not lines or not lines[0].startswith("Configured language servers:"):
        raise BadRequest(f"`{program} --health {language}` does not say Helix' language servers.")
    found = []
    for line in lines[1:]:
        if (server := _SERVER.match(line)) is None:
            break
        found.append(server[1])
    return [server for server in found if server != NAME]
