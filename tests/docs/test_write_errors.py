"""docs/errors.md has every kind of error, every reason, and what the code raises."""

import ast
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from fillwright.engine.errors import FillwrightError

DOCS = Path(__file__).parents[2] / "docs"
WRITER = runpy.run_path(str(DOCS / "write_errors.py"))


def kinds(kind: type) -> Iterator[type]:
    for below in kind.__subclasses__():
        yield below
        yield from kinds(below)


def test_the_page_is_current() -> None:
    assert (DOCS / "errors.md").read_text("utf-8") == WRITER["page"](), "run make pages"


def test_no_kind_is_left_out() -> None:
    ours = {kind for kind in kinds(FillwrightError) if kind.__module__.startswith("fillwright.")}
    assert ours == set(WRITER["KINDS"])


def test_most_of_what_is_raised_is_there() -> None:
    said = WRITER["found"]()
    assert sum(len(texts) for texts in said.values()) > 200
    assert any("is no device; choose auto" in text for text in said["BadRequest"])


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("'No such file.'", ["No such file."]),
        ("f'{place.log} is full'", [r"\<log> is full"]),
        ("reason or 'Ask again later.'", ["Ask again later."]),
        ("WHOLE", ["All of it is said."]),
        ("str(error)", []),
        ("f'{one} {two}'", []),
    ],
)
def test_how_an_expression_is_read(code: str, said: list[str]) -> None:
    constants = {"WHOLE": ast.parse("'All of it is said.'", mode="eval").body}
    assert list(WRITER["sentences"](ast.parse(code, mode="eval").body, constants)) == said
