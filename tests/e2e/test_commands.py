"""The commands: several places in one request and one edit, preview, status, and recall.

The documents are plain text: there every fill fits, whatever the model says.
"""

from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

pytestmark = pytest.mark.e2e

SOURCE = "one = \n\ndef add(a, b):\n    return NotImplemented\n\nprint(add(1, 2))\n"
SHORT = {"engine": {"preload": False}, "fill": {"blockTokens": 8, "lineTokens": 8, "steps": 4}}
RETURNED = {"start": {"line": 3, "character": 11}, "end": {"line": 3, "character": 25}}
PRINTED = {"start": {"line": 5, "character": 6}, "end": {"line": 5, "character": 15}}


def places(uri: str, *ranges: object) -> list[dict[str, object]]:
    return [{"uri": uri, "what": "selection", "range": place} for place in ranges]


async def test_several_places_are_filled_by_one_request_and_one_versioned_edit(start: Any) -> None:
    editor = await start(options={**SHORT, "drafts": {"enabled": True}})
    uri = editor.open(SOURCE, language="plaintext")
    answer = await editor.command("fillwright.fill", *places(uri, PRINTED, RETURNED))
    assert answer == {"applied": True, "reason": None}
    (applied,) = editor.edits
    assert applied.label == "Fillwright: Fill 2 places"
    (change,) = applied.edit.document_changes
    assert (change.text_document.uri, change.text_document.version) == (uri, 1)
    assert [edit.range.start.line for edit in change.edits] == [3, 5]
    for draft in editor.drafts:
        assert [hole["range"] for hole in draft["holes"]] == [RETURNED, PRINTED]


async def test_places_that_overlap_or_lie_in_two_documents_are_refused(start: Any) -> None:
    editor = await start(options=SHORT)
    uri, other = (editor.open(SOURCE, f"untitled:{name}", "plaintext") for name in "ab")
    for refused in (
        places(uri, RETURNED, RETURNED),
        places(uri, RETURNED) + places(other, PRINTED),
    ):
        with pytest.raises(JsonRpcException) as error:
            await editor.command("fillwright.fill", *refused)
        assert error.value.code == -32803
    assert editor.edits == []


async def test_a_preview_applies_nothing_and_gives_the_edit_that_fill_would_apply(
    start: Any,
) -> None:
    editor = await start(options=SHORT)
    uri = editor.open(SOURCE.replace("\n", "\r\n"), language="plaintext")
    targets = places(uri, RETURNED, PRINTED)
    seen = await editor.command("fillwright.preview", *targets)
    assert editor.edits == []
    assert seen["reason"] is None
    assert [hole["range"] for hole in seen["holes"]] == [RETURNED, PRINTED]
    assert all(0 < hole["confidence"] <= 1 for hole in seen["holes"])
    (change,) = seen["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": uri, "version": 1}
    await editor.command("fillwright.fill", *targets)
    applied = editor.edits[0].edit.document_changes[0].edits
    assert [edit["newText"] for edit in change["edits"]] == [edit.new_text for edit in applied]
    for edit, hole in zip(applied, seen["holes"], strict=True):
        assert edit.new_text in hole["text"]


async def test_a_preview_says_what_to_ask_for_to_change_less_or_more(start: Any) -> None:
    editor = await start(options=SHORT)
    uri = editor.open(SOURCE, language="plaintext")
    (whole,) = places(uri, RETURNED)
    seen = await editor.command("fillwright.preview", whole)
    assert (seen["less"]["strength"], "more" in seen) == (0.75, False)
    seen = await editor.command("fillwright.preview", seen["less"])
    assert (seen["less"]["strength"], "strength" in seen["more"]) == (0.5, False)
    several = await editor.command("fillwright.preview", *places(uri, RETURNED, PRINTED))
    assert "less" not in several


async def test_what_replaces_code_is_confirmed_by_an_editor_that_can(start: Any) -> None:
    editor = await start(options=SHORT)
    uri = editor.open(SOURCE, language="plaintext")
    await editor.command("fillwright.fill", *places(uri, RETURNED))
    seen = await editor.command("fillwright.preview", *places(uri, RETURNED))
    # who asked to see it first has no need to be asked again
    assert "changeAnnotations" not in seen["edit"]
    edit = editor.edits[0].edit
    ((name, annotation),) = edit.change_annotations.items()
    assert annotation.needs_confirmation is True
    assert [one.annotation_id for one in edit.document_changes[0].edits] == [name]
    able = types.WorkspaceEditClientCapabilities(document_changes=True)
    plain = await start(
        types.ClientCapabilities(types.WorkspaceClientCapabilities(workspace_edit=able)),
        options=SHORT,
    )
    uri = plain.open(SOURCE, language="plaintext")
    await plain.command("fillwright.fill", *places(uri, RETURNED))
    assert plain.edits[0].edit.change_annotations is None


async def test_status_says_how_the_engine_is(start: Any) -> None:
    editor = await start(options=SHORT)
    before = await editor.command("fillwright.status")
    assert (before["state"], before["suppressed"]) == ("stopped", [])
    await editor.suggested()
    after = await editor.command("fillwright.status")
    assert after["state"] == "ready"
    assert (before["lastFillMs"], after["lastFillMs"] > 0) == (None, True)


async def test_an_answer_that_the_editor_did_not_wait_for_is_a_reason(start: Any) -> None:
    fill = {"lineTokens": 64, "steps": 2000, "decode": "denoise"}
    editor = await start(options={**SHORT, "fill": fill, "drafts": {"enabled": True}})
    uri = editor.open("x = ", language="plaintext")
    msg_id, answer = editor.asked_ghost(uri, 0, 4)
    await editor.until(lambda: editor.drafts)
    assert (await editor.command("fillwright.status"))["state"] == "busy"
    editor.cancel(msg_id)
    with pytest.raises(JsonRpcException):
        await answer
    (slow,) = (await editor.command("fillwright.status"))["suppressed"]
    assert (slow["code"], slow["uri"]) == ("slow", uri)
    assert "before the fill was made" in slow["message"]


async def test_status_says_what_was_held_back_and_why(start: Any) -> None:
    editor = await start(options=SHORT)
    uri = editor.open("    secret_word\n", language="plaintext")
    assert not (await editor.ghost(uri, 0, 2)).items
    assert not (await editor.ghost(uri, 0, 2)).items
    assert await editor.ghost("untitled:never", 0, 0) is None
    held_back, not_open = (await editor.command("fillwright.status"))["suppressed"]
    assert (held_back["uri"], held_back["kind"]) == (uri, "ghost")
    assert (held_back["code"], held_back["count"]) == ("leading-white-space", 2)
    assert "indentation" in held_back["message"]
    assert not_open["code"] == "not-open"


async def test_the_last_suggestion_typed_past_is_offered_again_once(start: Any) -> None:
    editor = await start(options=SHORT)
    uri, line, column, (item,) = await editor.suggested()
    past = "\u2603 is not what it said"
    editor.change(uri, 2, (line, column, line, column, past))
    cursor = {"line": line, "character": column + len(past)}
    place = {"uri": uri, "position": cursor}
    assert await editor.command("fillwright.recall", place) == {"recalled": True}
    (again,) = (await editor.ghost(uri, *cursor.values())).items
    assert again.insert_text == item.insert_text
    assert again.range.start == again.range.end == types.Position(**cursor)
    elsewhere = {"uri": uri, "position": {"line": line + 1, "character": 0}}
    assert await editor.command("fillwright.recall", elsewhere) == {"recalled": False}


@pytest.mark.parametrize("argument", [None, 5, {}, {"uri": "untitled:one.py", "position": 3}])
async def test_a_recall_without_a_place_is_refused(start: Any, argument: object) -> None:
    editor = await start(options=SHORT)
    with pytest.raises(JsonRpcException) as error:
        await editor.command("fillwright.recall", argument)
    assert error.value.code == -32602


async def test_an_instruction_that_the_model_does_not_take_is_told(start: Any) -> None:
    editor = await start(options=SHORT)
    status = await editor.command("fillwright.status")
    assert status["instructions"] is False
    uri = editor.open("The quick brown fox jumps over it.\n", language="plaintext")
    span = {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 9}}
    target = {"uri": uri, "what": "selection", "range": span}
    seen = await editor.command("fillwright.preview", {**target, "instruction": "slower"})
    assert seen["instructed"] is False
    assert "instructed" not in await editor.command("fillwright.preview", target)
    # and no comment is offered as one
    uri = editor.open("# use a set\nx = []\n", "untitled:two.py")
    found = await editor.actions(uri, 0, 0, 1, 6)
    assert [each.title for each in found if "strength" not in each.command.arguments[0]] == [
        "Rewrite selection"
    ]


async def test_a_place_to_fill_says_how_the_editor_indents(start: Any) -> None:
    editor = await start(options={"engine": {"preload": False}})
    uri = editor.open("def add(a, b):\n")
    place = {"line": 0, "character": 14}
    target = {"uri": uri, "what": "body", "range": {"start": place, "end": place}}
    for indent, options in {
        "\t": {"tabSize": 8, "insertSpaces": False},
        "  ": {"tabSize": 2, "insertSpaces": True},
    }.items():
        said = {**target, "formattingOptions": options}
        (hole,) = (await editor.command("fillwright.preview", said))["holes"]
        first = hole["text"].split("\n")[1]
        assert first[: len(first) - len(first.lstrip())] == indent
