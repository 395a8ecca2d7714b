"""Every text that the VS Code extension shows can be translated."""

import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WRITER = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "write_strings.py"))
EXTENSION: Path = WRITER["EXTENSION"]
MANIFEST = json.loads((EXTENSION / "package.json").read_text("utf-8"))
OF_THE_MANIFEST = json.loads((EXTENSION / "package.nls.json").read_text("utf-8"))
# what VS Code shows to people; keywords and categories are names
SHOWN = {"title", "displayName", "description", "markdownDescription", "enumDescriptions"}
IN_A_CALL = re.compile(r"\b(l10n\.t|log\.\w+)\((?:[^()]|\([^()]*\))*\)")
COMMENT = re.compile(r"/\*.*?\*/|^\s*//[^\n]*|(?<=[;,{]) //[^\n]*", re.DOTALL | re.MULTILINE)
LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`')
TWO_WORDS = re.compile(r"[A-Za-z]+,? [A-Za-z]+")
# where a server came from, for the log; and older names of settings
NOT_SHOWN = re.compile(r'\bfrom: "[^"]*"|"(?:popup|ghost) only"')


def shown(part: Any, key: str = "") -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            yield from shown(value, name)
    elif isinstance(part, list):
        for value in part:
            yield from shown(value, key)
    elif key in SHOWN:
        yield part


def test_the_bundle_for_translators_is_current() -> None:
    assert len(WRITER["strings"]()) > 50
    assert WRITER["BUNDLE"].read_text("utf-8") == WRITER["write"](), "run make pages"


def test_the_manifest_has_keys_where_people_read() -> None:
    keys = list(shown(MANIFEST))
    assert [key for key in keys if not re.fullmatch(r"%[\w.+-]+%", key)] == []
    assert sorted({key.strip("%") for key in keys}) == sorted(OF_THE_MANIFEST)


def test_no_sentence_of_the_source_is_left_out() -> None:
    found = {}
    for path in EXTENSION.glob("src/*.ts"):
        text = COMMENT.sub("", path.read_text("utf-8"))
        text = NOT_SHOWN.sub("", IN_A_CALL.sub("", text))
        literals = [re.sub(r"\$\{[^}]*\}", "", literal) for literal in LITERAL.findall(text)]
        found[path.name] = [literal for literal in literals if TWO_WORDS.search(literal)]
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_what_is_translated_goes_into_the_package() -> None:
    packed = (EXTENSION / ".vscodeignore").read_text("utf-8").splitlines()
    assert {"!package.nls*.json", "!l10n/*"} <= set(packed)
    assert MANIFEST["l10n"] == "./l10n"
