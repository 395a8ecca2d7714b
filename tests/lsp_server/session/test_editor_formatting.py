"""Where an editor may say how it indents."""

import pytest

from fillwright.lsp_server.session.editor_formatting import formatting_in
from fillwright.lsp_server.text.formatting import Formatting

TABS = {"tabSize": 8, "insertSpaces": False}
SPACES = {"tabSize": 2, "insertSpaces": True}


def test_beside_the_document_and_within_a_place_to_fill() -> None:
    document = {"textDocument": {"uri": "file:///a"}, "formattingOptions": TABS}
    assert list(formatting_in(document)) == [("file:///a", Formatting(8, False))]
    places = {
        "command": "fillwright.fill",
        "arguments": [{"uri": "file:///a"}, {"uri": "file:///b", "formattingOptions": SPACES}, 7],
    }
    assert list(formatting_in(places)) == [("file:///b", Formatting(2, True))]
    places["formattingOptions"] = TABS
    assert list(formatting_in(places)) == [
        ("file:///a", Formatting(8, False)),
        ("file:///b", Formatting(2, True)),
    ]


@pytest.mark.parametrize(
    "options",
    [None, 4, [], {}, {"tabSize": "4", "insertSpaces": True}, {"tabSize": 0, "insertSpaces": True}],
)
def test_what_is_no_indentation_is_none(options: object) -> None:
    params = {"textDocument": {"uri": "file:///a"}, "formattingOptions": options}
    assert list(formatting_in(params)) == []


@pytest.mark.parametrize("params", [None, [], {"textDocument": 3}, {"arguments": 3}, {}])
def test_what_is_no_request_says_nothing(params: object) -> None:
    assert list(formatting_in(params)) == []
