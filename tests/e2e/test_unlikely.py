"""The command fillwright.check and a save: hints and quick fixes, found by the real engine."""

from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

pytestmark = pytest.mark.e2e

SOURCE = """\
class Shelf:
    def __init__(self, name, width):
        self.name = name
        self.width = name

    def rename(self, name):
        self.name = name
"""
PLACE = (3, 21, 3, 25)


def told(editor: Any, uri: str) -> list[tuple[tuple[int, ...], str]]:
    return [
        (
            (
                each.range.start.line,
                each.range.start.character,
                each.range.end.line,
                each.range.end.character,
            ),
            each.message,
        )
        for each in editor.lsp.diagnostics.get(uri, [])
    ]


async def test_a_swapped_name_is_a_hint_whose_quick_fix_puts_it_right(start: Any) -> None:
    editor = await start()
    uri = editor.open(SOURCE)
    assert await editor.command("fillwright.check", {"uri": uri}) == {"places": 1}
    said = "`name` is unlikely here; `width` is likelier."
    await editor.until(lambda: told(editor, uri) == [(PLACE, said)])
    (hint,) = editor.lsp.diagnostics[uri]
    assert (hint.severity, hint.source) == (types.DiagnosticSeverity.Hint, "Fillwright")
    actions = await editor.actions(uri, *PLACE, only=["quickfix"])
    # nothing is offered to be renoised: the likelier text is known
    (fix,) = actions
    assert fix.title == "Replace by `width`"
    (change,) = fix.edit.document_changes
    assert (change.text_document.version, change.edits[0].new_text) == (1, "width")
    assert await editor.actions(uri, 0, 0, 0, 0, only=["quickfix"]) == []
    # the hint moves with its text and goes with it
    editor.change(uri, 2, (0, 0, 0, 0, "# a comment\n"))
    await editor.until(lambda: told(editor, uri) == [((4, 21, 4, 25), said)])
    editor.change(uri, 3, (4, 21, 4, 25, "width"))
    await editor.until(lambda: told(editor, uri) == [])


async def test_the_status_says_by_what_places_are_found(start: Any) -> None:
    editor = await start()
    uri = editor.open("x = 1\n")
    assert await editor.command("fillwright.check", {"uri": uri}) == {"places": 0}
    assert (await editor.command("fillwright.status"))["doubts"] == "causal"


@pytest.mark.parametrize("wanted", [True, False])
async def test_a_save_is_followed_by_a_look_where_the_settings_say_so(
    start: Any, wanted: bool
) -> None:
    editor = await start(options={"engine": {"preload": False}, "check": {"onSave": wanted}})
    uri = editor.open(SOURCE)
    saved = types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri))
    editor.lsp.text_document_did_save(saved)
    if wanted:
        await editor.until(lambda: told(editor, uri))
    else:
        # an answer means that the save was seen
        await editor.command("fillwright.status")
        assert told(editor, uri) == []


@pytest.mark.parametrize(
    "argument", [[], ["untitled:one.py"], [{"url": "x"}], [{"uri": "untitled:none"}]]
)
async def test_what_cannot_be_looked_at_is_refused(start: Any, argument: list[object]) -> None:
    editor = await start()
    with pytest.raises(JsonRpcException):
        await editor.command("fillwright.check", *argument)
