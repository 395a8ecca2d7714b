"""Writes docs/settings.md from lsp_server/settings/settings.py.

Run `.venv/bin/python -P docs/write_settings.py` from the repository's root; a test fails while the
page is not what this writes.
"""

import ast
import inspect
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from fillwright.lsp_server.settings.reader import camel_case, default_of, in_words, shown
from fillwright.lsp_server.settings.settings import SECTION, Settings

OUTPUT = Path(__file__).parent / "settings.md"
HEAD = f"""# Settings

Written by `docs/write_settings.py` from `lsp_server/settings/settings.py`.

Everything is under `{SECTION}`, nested: `{{"{SECTION}": {{"fill": {{"lineTokens": 16}}}}}}`.
The server asks the editor (`workspace/configuration`, for each workspace folder), takes what is
pushed with `workspace/didChangeConfiguration`, and falls back on `initializationOptions`, key by
key. A value that cannot be used keeps its default, and the editor shows one sentence about it,
once. Unknown keys are passed over. What is under `{SECTION}.engine` holds for the whole editor.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for section, title in _sections():
        parts.append(f"## {title}\n\n{_one_line(inspect.getdoc(section) or '')}\n")
        rows = [
            f"| `{title}.{key}` | {kind} | {default} | {text} |"
            for key, kind, default, text in _rows(section)
        ]
        parts.append(
            "\n".join(["| setting | values | default | |", "|---|---|---|---|", *rows]) + "\n"
        )
    return "\n".join(parts)


def _sections() -> Iterator[tuple[type[Any], str]]:
    yield Settings, SECTION
    hints = typing.get_type_hints(Settings)
    for setting in fields(Settings):
        if is_dataclass(hints[setting.name]):
            yield hints[setting.name], f"{SECTION}.{camel_case(setting.name)}"


def _rows(section: type[Any]) -> Iterator[tuple[str, str, str, str]]:
    hints = typing.get_type_hints(section)
    texts = _texts(section)
    for setting in fields(section):
        hint = hints[setting.name]
        if is_dataclass(hint):
            continue
        least = setting.metadata.get("at_least")
        values = in_words(hint) + (f", {least} or more" if least is not None else "")
        yield (
            camel_case(setting.name),
            values,
            f"`{shown(default_of(setting))}`",
            texts[setting.name],
        )


def _texts(section: type[Any]) -> dict[str, str]:
    """What stands below each field, as a string of its own."""
    (tree,) = ast.parse(inspect.getsource(section)).body
    assert isinstance(tree, ast.ClassDef)
    texts = {}
    for above, below in zip(tree.body, tree.body[1:], strict=False):
        if not (isinstance(above, ast.AnnAssign) and isinstance(above.target, ast.Name)):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            texts[above.target.id] = _one_line(str(below.value.value))
    return texts


def _one_line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    OUTPUT.write_text(page(), encoding="utf-8")
