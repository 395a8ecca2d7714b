"""The command fillwright.fill and codeAction/resolve: one versioned edit, made by the real engine.

The documents are plain text: there a short fill fits, whatever the model says.
"""

import asyncio
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

pytestmark = pytest.mark.e2e

SOURCE = "import os\n\ndef add(a, b):\n    return NotImplemented\n\nprint(add(1, 2))\n"
SHORT = {"engine": {"preload": False}, "fill": {"blockTokens": 8, "lineTokens": 8, "steps": 4}}
LONG = {
    "engine": {"preload": False},
    "fill": {"lineTokens": 64, "steps": 500, "decode": "denoise"},
    "drafts": {"enabled": True},
}


def target(
    uri: str, line: int = 3, column: int = 11, end: int = 25, **more: object
) -> dict[str, Any]:
    place = {
        "start": {"line": line, "character": column},
        "end": {"line": line, "character": end},
    }
    return {"uri": uri, "what": "selection", "range": place, **more}


async def test_the_actions_command_makes_one_versioned_edit(start: Any) -> None:
    editor = await start(options=SHORT)
    uri = editor.open(SOURCE, language="plaintext")
    actions = await editor.actions(uri, 3, 11, 3, 25)
    rewrite = next(each for each in actions if each.title == "Rewrite selection")
    _, answer = editor.run(*rewrite.command.arguments)
    assert (await answer)["applied"] is True
    (applied,) = editor.edits
    assert applied.label == "Fillwright: Rewrite selection"
    (change,) = applied.edit.document_changes
    assert (change.text_document.uri, change.text_document.version) == (uri, 1)
    (edit,) = change.edits
    assert edit.new_text
    assert (edit.range.start.line, edit.range.start.character) >= (3, 11)
    assert (edit.range.end.line, edit.range.end.character) <= (3, 25)


async def test_an_editor_without_versions_gets_plain_changes(start: Any) -> None:
    workspace = types.WorkspaceClientCapabilities(apply_edit=True)
    editor = await start(types.ClientCapabilities(workspace), options=SHORT)
    uri = editor.open(SOURCE, language="plaintext")
    _, answer = editor.run(target(uri))
    assert (await answer)["applied"] is True
    (applied,) = editor.edits
    assert applied.edit.document_changes is None
    assert len(applied.edit.changes[uri]) == 1


async def test_resolving_gives_the_edit_to_an_editor_that_cannot_apply(start: Any) -> None:
    literals = types.ClientCodeActionLiteralOptions(types.ClientCodeActionKindOptions([]))
    code_action = types.CodeActionClientCapabilities(code_action_literal_support=literals)
    text_document = types.TextDocumentClientCapabilities(code_action=code_action)
    editor = await start(types.ClientCapabilities(text_document=text_document), options=SHORT)
    uri = editor.open(SOURCE, language="plaintext")
    actions = await editor.actions(uri, 3, 11, 3, 25)
    rewrite = next(each for each in actions if each.title == "Rewrite selection")
    resolved = await editor.lsp.code_action_resolve_async(rewrite)
    assert len(resolved.edit.changes[uri]) == 1
    assert editor.edits == []


async def test_line_ends_stay_as_the_document_has_them(start: Any) -> None:
    editor = await start(options=SHORT)
    uri = editor.open(SOURCE.replace("\n", "\r\n"), language="plaintext")
    _, answer = editor.run(target(uri, what="body"))
    assert (await answer)["applied"] is True
    new_text = editor.edits[0].edit.document_changes[0].edits[0].new_text
    assert new_text.count("\n") == new_text.count("\r\n")


async def test_what_the_editor_refuses_is_said(start: Any) -> None:
    editor = await start(options=SHORT)
    editor.applies = False
    uri = editor.open(SOURCE, language="plaintext")
    _, answer = editor.run(target(uri))
    assert await answer == {"applied": False, "reason": "read only"}


async def test_progress_begins_reports_and_ends(start: Any) -> None:
    editor = await start(options=SHORT)
    uri = editor.open(SOURCE, language="plaintext")
    _, answer = editor.run(target(uri))
    await answer
    ((token, reports),) = editor.lsp.progress_reports.items()
    assert str(token).startswith("fillwright-")
    begin, *between, end = reports
    assert isinstance(begin, types.WorkDoneProgressBegin)
    assert begin.cancellable
    assert isinstance(end, types.WorkDoneProgressEnd)
    percentages = [report.percentage for report in between]
    assert percentages
    assert percentages == sorted(percentages)
    assert {report.message.split(",")[0] for report in between} <= {"drafting", "denoising"}


async def test_progress_counts_the_steps_of_all_places(start: Any) -> None:
    editor = await start(options={**SHORT, "fill": {"blockTokens": 8}})
    text = "".join(f"def f{number}(a):\n    pass\n\n\n" for number in range(3))
    uri = editor.open(text, language="python")
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}
    _, answer = editor.run({"uri": uri, "what": "stubsInFile", "range": whole})
    await answer
    (reports,) = editor.lsp.progress_reports.values()
    between = reports[1:-1]
    # eight tokens for each of three bodies, and a step at least for each token
    assert int(between[0].message.split()[-1]) >= 3 * 8
    assert between[0].percentage <= 100 // (3 * 8)


async def test_the_editors_own_token_is_used_as_it_is(start: Any) -> None:
    editor = await start(options=SHORT)
    editor.lsp.progress_reports["mine"] = []
    uri = editor.open(SOURCE, language="plaintext")
    for _ in range(2):
        _, answer = editor.run(target(uri), token="mine")
        await answer
    assert list(editor.lsp.progress_reports) == ["mine"]
    kinds = [type(report) for report in editor.lsp.progress_reports["mine"]]
    assert kinds.count(types.WorkDoneProgressBegin) == 2
    assert kinds.count(types.WorkDoneProgressEnd) == 2


@pytest.mark.parametrize(
    ("place", "code", "says"),
    [
        ({"version": 7}, -32801, "changed"),
        ({"uri": "untitled:closed"}, -32803, "not open"),
        ({"what": "body", "line": 0}, -32803, "no function"),
    ],
)
async def test_what_cannot_be_filled_is_said_in_a_sentence(
    start: Any, place: dict[str, Any], code: int, says: str
) -> None:
    editor = await start(options=SHORT)
    uri = editor.open(SOURCE)
    line = place.pop("line", 3)
    _, answer = editor.run({**target(uri, line), **place})
    with pytest.raises(JsonRpcException) as refused:
        await answer
    assert refused.value.code == code
    assert says in refused.value.message
    assert editor.edits == []


async def test_typing_meanwhile_makes_the_fill_stale(start: Any) -> None:
    editor = await start(options=LONG)
    uri = editor.open(SOURCE, language="plaintext")
    _, answer = editor.run(target(uri, 2, 0, 14))
    await editor.until(lambda: editor.drafts)
    editor.change(uri, 2, (0, 0, 0, 0, "x"))
    with pytest.raises(JsonRpcException) as refused:
        await answer
    assert refused.value.code == -32801
    assert editor.edits == []


async def test_a_newer_fill_of_the_document_supersedes_the_older(start: Any) -> None:
    editor = await start(configuration=LONG)
    uri = editor.open(SOURCE, language="plaintext")
    _, older = editor.run(target(uri, 2, 0, 14))
    await editor.until(lambda: editor.drafts)
    editor.lsp.set_configuration({"fillwright": SHORT})
    editor.lsp.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    _, newer = editor.run(target(uri))
    with pytest.raises(JsonRpcException) as refused:
        await older
    assert refused.value.code == -32801
    assert (await newer)["applied"] is True
    assert len(editor.edits) == 1


async def test_two_documents_are_filled_side_by_side(start: Any) -> None:
    editor = await start(options=SHORT)
    uris = [editor.open(SOURCE, f"untitled:{name}", "plaintext") for name in "ab"]
    answers = [editor.run(target(uri))[1] for uri in uris]
    assert [answer["applied"] for answer in await asyncio.gather(*answers)] == [True, True]
