"""Texts tried in long documents, of which only what is near the hole is parsed at first."""

import pytest

from fillwright.lsp_server.carving.carving import carve_line_end
from fillwright.lsp_server.fitting.fit import fit_fill
from fillwright.lsp_server.fitting.surroundings import SHORT_ENOUGH
from fillwright.lsp_server.text.changes import applied
from fillwright.lsp_server.text.documents import Document

LUA = "".join(
    f"M.part{number} = function(self, x)\n  if x then\n    self:filter(x)\n  end\nend\n\n"
    for number in range(200)
)
TYPESCRIPT = "".join(
    f"names.part{number} =\n  other.part{number};\n\nconst x{number} = {number};\n\n"
    for number in range(200)
)


@pytest.mark.parametrize(
    ("source", "language", "line", "text"),
    [
        # the block that this line begins is all there
        (LUA, "lua", "M.part100 = function(self, x)\n", "nction(self, x)"),
        # so is the value
        (TYPESCRIPT, "typescript", "names.part100 =\n", "es.part100 ="),
    ],
)
def test_what_a_line_begins_may_end_further_below(
    source: str, language: str, line: str, text: str
) -> None:
    assert len(source) > SHORT_ENOUGH
    start = source.index(line) + line.index(text)
    document = Document.of(source[:start] + source[start + len(text) :], language)
    fit = fit_fill(document, carve_line_end(document, start), [text])
    assert applied(document.text, fit.changes) == source
