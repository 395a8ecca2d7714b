"""didOpen, didChange, didClose: the server's copy of a document is the editor's.

What the server has is seen in the code action "Rewrite selection", which names the place it means:
asked for the whole document, it tells where the document ends.
"""

import random
import re
from typing import Any

import pytest
from lsprotocol import types

pytestmark = pytest.mark.e2e

EVERYWHERE = (0, 0, 10_000, 0)
UNITS = {
    "utf-8": lambda text: len(text.encode()),
    "utf-16": lambda text: len(text.encode("utf-16-le")) // 2,
    "utf-32": len,
}
PIECES = ["a", "é", "中", "🙂", "e\u0301", "\n", "\r\n", "\r", "\f", "\u2028", "\x85", " ", "x = 1"]


def client(encoding: str) -> types.ClientCapabilities:
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=[encoding]),
        workspace=types.WorkspaceClientCapabilities(apply_edit=True),
        text_document=types.TextDocumentClientCapabilities(
            code_action=types.CodeActionClientCapabilities(
                code_action_literal_support=types.ClientCodeActionLiteralOptions(
                    types.ClientCodeActionKindOptions([types.CodeActionKind.RefactorRewrite])
                )
            )
        ),
    )


async def end_of(editor: Any, uri: str) -> tuple[int, int]:
    """Where the server thinks that the document ends."""
    rewrite = (await editor.actions(uri, *EVERYWHERE))[-1]
    end = rewrite.command.arguments[0]["range"]["end"]
    return end["line"], end["character"]


def lines_of(text: str) -> list[str]:
    return re.split("\r\n|\n|\r", text)


@pytest.mark.parametrize("encoding", list(UNITS))
async def test_random_edits_keep_the_copies_equal(start: Any, encoding: str) -> None:
    editor = await start(client(encoding))
    units, chance = UNITS[encoding], random.Random(encoding)
    text = "".join(chance.choices(PIECES, k=60)) + "x"
    uri = editor.open(text)
    for version in range(2, 80):
        cuts = [0, *(match.end() for match in re.finditer("\r\n|.", text, re.DOTALL))]
        start_at, end_at = sorted(chance.choices(cuts, k=2))
        new = "".join(chance.choices(PIECES, k=chance.randrange(4)))
        before, inside = lines_of(text[:start_at]), lines_of(text[:end_at])
        place = (len(before) - 1, units(before[-1]), len(inside) - 1, units(inside[-1]))
        editor.change(uri, version, (*place, new))
        text = text[:start_at] + new + text[end_at:]
        if text.strip():
            last = lines_of(text)
            assert await end_of(editor, uri) == (len(last) - 1, units(last[-1])), version


async def test_several_changes_apply_in_order_and_a_whole_text_replaces_all(start: Any) -> None:
    editor = await start(client("utf-16"))
    uri = editor.open("one\ntwo\n")
    editor.change(uri, 2, (0, 0, 0, 0, "zero\n"), (1, 0, 1, 3, "first"), (2, 3, 3, 0, "!"))
    assert await end_of(editor, uri) == (2, 4)
    editor.change(uri, 3, ("brand new",))
    assert await end_of(editor, uri) == (0, 9)


async def test_a_closed_document_has_no_actions_and_may_be_opened_again(start: Any) -> None:
    editor = await start(client("utf-16"))
    uri = editor.open("one")
    params = types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
    editor.lsp.text_document_did_close(params)
    assert await editor.actions(uri, *EVERYWHERE) == []
    editor.open("another")
    assert await end_of(editor, uri) == (0, 7)


async def test_any_scheme_will_do(start: Any) -> None:
    editor = await start(client("utf-16"))
    for uri in ("untitled:Untitled-1", "vscode-remote://ssh+box/a.py", "", "git:/a b"):
        editor.open("text", uri)
        assert await end_of(editor, uri) == (0, 4)
        # only where there may be suggestions is there a list, to be asked for again
        assert (await editor.popup(uri, 0, 4)).is_incomplete
