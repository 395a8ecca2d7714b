"""Places of the command line: what is carved there, and what is said when nothing is."""

from pathlib import Path

import pytest

from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.errors import BadRequest
from fillwright.lsp_server.cli.carve_locations import carve_places
from fillwright.lsp_server.cli.fill import FillOptions, request_for
from fillwright.lsp_server.cli.locations import parse_at, parse_body, parse_piece, parse_range
from fillwright.lsp_server.text.documents import Document

SOURCE = "import os\r\n\r\ndef area(width, height):\r\n    return scale(width, 2)\r\n"


def carved(*places: object) -> list[str]:
    document = Document.of(SOURCE, "python")
    carvings = carve_places(document, places)  # type: ignore[arg-type]
    return [document.lf[c.holes[0].start : c.holes[0].end] for c in carvings]


def test_each_kind_of_place_has_its_hole() -> None:
    assert carved(parse_at("4:12")) == ["scale(width, 2)"]
    assert carved(parse_body("3")) == ["\n    return scale(width, 2)"]
    assert carved(parse_range("4:18-4:23")) == ["width"]
    assert carved(parse_piece("arguments@4:18")) == ["width, 2"]
    assert carved(parse_piece("statement@4:18")) == ["return scale(width, 2)"]
    assert carved(parse_piece("imports@1:3")) == ["import os"]


def test_several_places_come_in_order() -> None:
    found = carved(parse_piece("arguments@4:18"), parse_piece("arguments@3:10"))
    assert found == ["width, height", "width, 2"]


@pytest.mark.parametrize(
    ("places", "sentence"),
    [
        ([parse_piece("members@4:1")], "--piece members@4:1: there is no such piece of code"),
        ([parse_body("1")], "no function is seen around this line"),
        ([parse_at("9:1")], "the file has no line 9"),
        ([parse_at("1:99")], "line 1 has no column 99"),
        ([parse_body("4"), parse_at("4:12")], "overlap; give holes that lie apart"),
    ],
)
def test_what_cannot_be_carved_is_named(places: list[object], sentence: str) -> None:
    with pytest.raises(BadRequest, match=sentence):
        carved(*places)


@pytest.mark.parametrize(
    ("lines", "language"), [(["5"], "python"), (["8"], "javascript"), (["5", "8"], "markdown")]
)
def test_the_engine_is_told_the_language_of_the_holes(lines: list[str], language: str) -> None:
    source = "# Shelf\n\n```py\ndef f():\n    pass\n```\n```js\nfunction g() {}\n```\n"
    document = Document.of(source, "markdown")
    places = tuple(map(parse_body, lines))
    options = FillOptions(Path("a.md"), places, EngineSettings())
    request = request_for(options, document, carve_places(document, places))
    assert request.language == language
    assert len(request.holes) == len(lines)
