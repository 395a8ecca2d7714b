"""The extension's settings and version are the server's."""

import json
import re
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Literal

from fillwright.lsp_server.settings.reader import camel_case, default_of
from fillwright.lsp_server.settings.settings import SECTION, Settings

ROOT = Path(__file__).parents[3]
TEXTS = json.loads((ROOT / "editors/vscode/package.nls.json").read_text(encoding="utf-8"))
MANIFEST = json.loads(
    re.sub(
        r'"%([^"%\s]+)%"',
        lambda key: json.dumps(TEXTS[key[1]]),
        (ROOT / "editors/vscode/package.json").read_text(encoding="utf-8"),
    )
)
SECTIONS: list[dict[str, Any]] = MANIFEST["contributes"]["configuration"]
PROPERTIES: dict[str, dict[str, Any]] = {
    key: schema for section in SECTIONS for key, schema in section["properties"].items()
}
OF_THE_EXTENSION = {"fillwright.server.path", "fillwright.trace.server"}
SCOPES = {"resource", "language-overridable", "machine", "machine-overridable", "window"}
JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


def server_settings(section: type = Settings, path: str = SECTION) -> Iterator[tuple[str, Any]]:
    """Every setting of the server as package.json has to declare it."""
    hints = typing.get_type_hints(section)
    for setting in fields(section):
        key, hint = f"{path}.{camel_case(setting.name)}", hints[setting.name]
        if is_dataclass(hint):
            yield from server_settings(typing.cast(type, hint), key)
            continue
        declared = {**json_schema(hint), "default": default_of(setting)}
        if "at_least" in setting.metadata:
            declared["minimum"] = setting.metadata["at_least"]
        yield key, declared


def json_schema(hint: Any) -> dict[str, Any]:
    if typing.get_origin(hint) is Literal:
        return {"type": "string", "enum": list(typing.get_args(hint))}
    if typing.get_origin(hint) is Mapping:
        _, value = typing.get_args(hint)
        if is_dataclass(value):
            return {"type": "object", "additionalProperties": {"type": "object"}}
        return {"type": "object", "additionalProperties": json_schema(value)}
    if isinstance(hint, types.UnionType):
        inner, _ = typing.get_args(hint)
        return {"type": [JSON_TYPES[inner], "null"]}
    return {"type": JSON_TYPES[hint]}


def test_the_extension_declares_the_servers_settings() -> None:
    expected = dict(server_settings())
    # this editor shows drafts; the server's own default is for those that cannot
    expected["fillwright.drafts.enabled"]["default"] = True
    shown = ("markdownDescription", "enumDescriptions", "order", "scope")
    declared = {
        key: {name: value for name, value in schema.items() if name not in shown}
        for key, schema in PROPERTIES.items()
        if key not in OF_THE_EXTENSION
    }
    assert declared == expected


def test_every_setting_has_a_description_and_a_scope() -> None:
    for key, schema in PROPERTIES.items():
        assert schema["markdownDescription"].endswith("."), key
        assert schema["scope"] in SCOPES, key


def test_every_value_of_a_choice_is_described_and_every_setting_has_its_place() -> None:
    for key, schema in PROPERTIES.items():
        assert len(schema.get("enumDescriptions", ())) == len(schema.get("enum", ())), key
    for section in SECTIONS:
        orders = [schema["order"] for schema in section["properties"].values()]
        assert orders == list(range(len(orders)))
    assert [section["order"] for section in SECTIONS] == list(range(len(SECTIONS)))


def test_what_the_marketplace_shows_is_there() -> None:
    for key in ("homepage", "repository", "bugs", "qna", "pricing", "galleryBanner"):
        assert MANIFEST[key], key
    assert MANIFEST["preview"]
    folder = ROOT / "editors/vscode"
    assert f"## {MANIFEST['version']}" in (folder / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "Snippets" not in MANIFEST["categories"]


def test_the_walkthrough_shows_pictures_that_are_there() -> None:
    (walkthrough,) = MANIFEST["contributes"]["walkthroughs"]
    for step in walkthrough["steps"]:
        text = (ROOT / "editors/vscode" / step["media"]["markdown"]).read_text(encoding="utf-8")
        (picture,) = re.findall(r"!\[.+\]\((.+)\.png\)", text)
        assert (ROOT / f"docs/images/vscode-{picture}.png").is_file()
        assert picture in (ROOT / "Makefile").read_text(encoding="utf-8")
        assert "`" not in step["description"], "descriptions are plain text"


def test_what_names_a_program_or_a_model_is_left_alone_in_an_untrusted_workspace() -> None:
    restricted = MANIFEST["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]
    assert {"fillwright.server.path", "fillwright.engine.checkpoint"} <= set(restricted)
    assert set(restricted) <= set(PROPERTIES)


def test_the_extension_and_the_server_have_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert MANIFEST["version"] == project["version"]


def test_the_page_names_every_command_and_setting() -> None:
    page = (ROOT / "docs/vscode.md").read_text(encoding="utf-8")
    commands = {command["title"] for command in MANIFEST["contributes"]["commands"]}
    assert {name for name in commands if name not in page} == set()
    assert {key for key in OF_THE_EXTENSION if f"`{key}`" not in page} == set()


def test_the_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "editors/vscode/package-lock.json").read_text("utf-8")
