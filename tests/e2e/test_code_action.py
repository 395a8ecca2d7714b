"""textDocument/codeAction: which actions a place gets, in the form that the editor can use."""

from typing import Any

import pytest
from lsprotocol import types

pytestmark = pytest.mark.e2e

SELECTED = ["Rewrite selection", "Touch up selection", "Rework selection"]
SOURCE = "import os\n\ndef add(a, b):\n    pass\n"


def client(
    *, literals: bool = True, commands: bool = True, tags: bool = False
) -> types.ClientCapabilities:
    kinds = types.ClientCodeActionKindOptions([types.CodeActionKind.RefactorRewrite])
    return types.ClientCapabilities(
        workspace=types.WorkspaceClientCapabilities(apply_edit=commands or None),
        text_document=types.TextDocumentClientCapabilities(
            code_action=types.CodeActionClientCapabilities(
                code_action_literal_support=types.ClientCodeActionLiteralOptions(kinds)
                if literals
                else None,
                tag_support=types.CodeActionTagOptions([types.CodeActionTag.LlmGenerated])
                if tags
                else None,
            )
        ),
    )


async def test_a_function_can_be_filled_and_a_selection_rewritten(start: Any) -> None:
    editor = await start()
    uri = editor.open(SOURCE)
    assert [found.title for found in await editor.actions(uri, 3, 6, 3, 6)] == ["Fill body"]
    assert [found.title for found in await editor.actions(uri, 0, 0, 0, 9)] == SELECTED
    both = await editor.actions(uri, 3, 4, 3, 8)
    assert [found.title for found in both] == ["Fill body", *SELECTED]
    assert await editor.actions(uri, 1, 0, 1, 0) == []


async def test_a_light_bulb_is_for_stubs_and_selections_a_menu_for_all(start: Any) -> None:
    editor = await start()
    uri = editor.open("def add(a, b):\n    return a + b\n\ndef sub(a, b):\n    pass\n")
    kinds = types.CodeActionTriggerKind
    written, stub, selection = (1, 8, 1, 8), (4, 6, 4, 6), (1, 4, 1, 16)
    assert await editor.actions(uri, *written, trigger=kinds.Automatic) == []
    (fill,) = await editor.actions(uri, *stub, trigger=kinds.Automatic)
    assert (fill.title, fill.is_preferred) == ("Fill body", True)
    found = await editor.actions(uri, *selection, trigger=kinds.Automatic)
    assert [(each.title, each.is_preferred) for each in found] == [(one, None) for one in SELECTED]
    for trigger in (kinds.Invoked, None):
        found = await editor.actions(uri, *written, trigger=trigger)
        assert [each.title for each in found] == ["Rewrite body", "Fill docstring"]
        assert [each.is_preferred for each in found] == [None, None]
        assert [each.command.arguments[0].get("rewrites") for each in found] == [True, None]


async def test_an_action_is_light_and_names_its_place_and_version(start: Any) -> None:
    editor = await start()
    uri = editor.open(SOURCE)
    editor.change(uri, 2, (0, 0, 0, 0, "# 🙂\n"))
    (action,) = await editor.actions(uri, 4, 6, 4, 6)
    assert action.edit is None
    assert action.kind == types.CodeActionKind.RefactorRewrite
    assert action.command.command == "fillwright.fill"
    place = {"line": 4, "character": 6}
    assert list(action.command.arguments) == [
        {"uri": uri, "what": "body", "range": {"start": place, "end": place}, "version": 2}
    ]


async def test_only_the_kinds_that_are_asked_for(start: Any) -> None:
    editor = await start()
    uri = editor.open(SOURCE)
    for only, offered in (
        (["refactor"], True),
        (["refactor.rewrite"], True),
        (["quickfix", "refactor.rewrite"], True),
        (["quickfix"], False),
        (["refactor.rewrite.mine"], False),
        (["refactor.re"], False),
    ):
        assert bool(await editor.actions(uri, 3, 6, 3, 6, only=only)) is offered, only


async def test_what_another_server_complains_of_can_be_renoised(start: Any) -> None:
    editor = await start()
    uri = editor.open("total = 1\nprint(totl)\n")
    (repair,) = await editor.actions(uri, 1, 6, 1, 10, only=["quickfix"], complaint="no such name")
    assert (repair.title, repair.kind) == ("Renoise this place", types.CodeActionKind.QuickFix)
    assert repair.command.arguments[0]["strength"] == 1.0
    assert "instruction" not in repair.command.arguments[0]
    seen = await editor.command("fillwright.preview", repair.command.arguments[0])
    # a place without an edit says why
    assert (seen["edit"] is None) == bool(seen["reason"])


async def test_a_model_that_takes_words_is_told_what_is_complained_of(start: Any) -> None:
    engine = {"url": "http://127.0.0.1:9", "instructions": True, "preload": False}
    editor = await start(options={"engine": engine})
    uri = editor.open("total = 1\nprint(totl)\n")
    (repair,) = await editor.actions(uri, 1, 6, 1, 10, only=["quickfix"], complaint="no such name")
    assert repair.title == "Renoise this place"
    assert repair.command.arguments[0]["instruction"] == "put this right: no such name"


async def test_generated_edits_are_tagged_where_the_editor_knows_tags(start: Any) -> None:
    for tags in (True, False):
        editor = await start(client(tags=tags))
        uri = editor.open(SOURCE)
        (action,) = await editor.actions(uri, 3, 6, 3, 6)
        assert list(action.tags or ()) == [types.CodeActionTag.LlmGenerated] * tags


async def test_an_editor_without_literals_gets_bare_commands(start: Any) -> None:
    editor = await start(client(literals=False))
    uri = editor.open(SOURCE)
    (command,) = await editor.actions(uri, 3, 6, 3, 6)
    assert isinstance(command, types.Command)
    assert command.command == "fillwright.fill"


async def test_an_editor_that_cannot_apply_gets_actions_to_resolve(start: Any) -> None:
    editor = await start(client(commands=False))
    uri = editor.open(SOURCE)
    (action,) = await editor.actions(uri, 3, 6, 3, 6)
    assert action.command is None
    assert action.data["what"] == "body"


async def test_resolving_an_action_with_a_command_leaves_it_to_the_command(start: Any) -> None:
    editor = await start()
    uri = editor.open(SOURCE)
    (action,) = await editor.actions(uri, 3, 6, 3, 6)
    resolved = await editor.lsp.code_action_resolve_async(action)
    assert resolved.edit is None
    assert resolved.command == action.command
