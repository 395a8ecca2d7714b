"""textDocument/inlineCompletion: ghost text, made by the real engine.

The documents are plain text: there every fill fits, whatever the model says.
"""

from typing import Any

import pytest
from lsprotocol import types

pytestmark = pytest.mark.e2e

SOURCE = "def identity(value):\n    return \n\nprint(identity(2))\n"
OPTIONS = {"engine": {"preload": False}, "fill": {"lineTokens": 8, "blockTokens": 8, "steps": 4}}


def place(line: int, column: int, end: int) -> types.Range:
    return types.Range(types.Position(line, column), types.Position(line, end))


async def test_automatic_ghost_text_is_one_item_on_the_cursors_line(start: Any) -> None:
    editor = await start(options=OPTIONS)
    uri = editor.open(SOURCE, language="plaintext")
    (item,) = (await editor.ghost(uri, 1, 11)).items
    assert item.insert_text.strip()
    assert "\n" not in item.insert_text
    assert item.range == place(1, 11, 11)


async def test_ghost_text_asked_for_by_hand_has_no_item_twice(start: Any) -> None:
    editor = await start(options={**OPTIONS, "inlineCompletion": {"candidates": 4}})
    uri = editor.open(SOURCE, language="plaintext")
    items = (await editor.ghost(uri, 1, 11, invoked=True)).items
    texts = [item.insert_text for item in items]
    assert 1 <= len(texts) <= 4
    assert len(set(texts)) == len(texts)


async def test_typing_what_the_ghost_says_is_answered_without_the_engine(start: Any) -> None:
    editor = await start(options=OPTIONS)
    uri = editor.open(SOURCE, language="plaintext")
    (item,) = (await editor.ghost(uri, 1, 11)).items
    busy = sum(status["state"] == "busy" for status in editor.statuses)
    text = item.insert_text
    for typed in range(1, min(3, len(text.rstrip()))):
        editor.change(uri, 1 + typed, (1, 10 + typed, 1, 10 + typed, text[typed - 1]))
        (rest,) = (await editor.ghost(uri, 1, 11 + typed)).items
        assert rest.insert_text == text[typed:]
        assert rest.range == place(1, 11 + typed, 11 + typed)
    assert sum(status["state"] == "busy" for status in editor.statuses) == busy


async def test_ghost_text_goes_on_from_the_popups_selected_item(start: Any) -> None:
    editor = await start(options=OPTIONS)
    uri = editor.open("class A:\n    def __init__(self, name):\n        self.na\n")
    selected = types.SelectedCompletionInfo(place(2, 13, 15), "name")
    answer = await editor.ghost(uri, 2, 15, selected_completion_info=selected)
    (item,) = answer.items
    assert item.insert_text.startswith("name")
    assert len(item.insert_text) > len("name")
    assert item.range == selected.range


async def test_the_newest_request_of_a_document_wins(start: Any) -> None:
    editor = await start(options=OPTIONS)
    uri = editor.open(SOURCE, language="plaintext")
    answers = [editor.ghost(uri, 1, column, invoked=True) for column in (4, 6, 8, 11)]
    *older, newest = [await answer for answer in answers]
    assert [len(answer.items) for answer in older] == [0, 0, 0]
    assert newest.items


async def test_an_answer_to_an_older_version_has_no_items(start: Any) -> None:
    editor = await start(options=OPTIONS)
    uri = editor.open(SOURCE, language="plaintext")
    # once this is answered the settings are known: the ghost text is asked for before the change
    await editor.actions(uri, 0, 0, 0, 0)
    answer = editor.ghost(uri, 1, 11)
    editor.change(uri, 2, (0, 0, 0, 0, "\n"))
    assert not (await answer).items
    reasons = (await editor.command("fillwright.status"))["suppressed"]
    assert [reason["code"] for reason in reasons] == ["stale"]


async def test_a_closed_document_and_a_disabled_feature_get_none(start: Any) -> None:
    editor = await start(options={**OPTIONS, "inlineCompletion": {"enabled": False}})
    uri = editor.open(SOURCE, language="plaintext")
    assert await editor.ghost(uri, 1, 11) is None
    editor = await start(options=OPTIONS)
    assert await editor.ghost("untitled:never", 1, 11) is None


async def test_a_position_past_the_end_is_the_end(start: Any) -> None:
    editor = await start(options=OPTIONS)
    uri = editor.open("x = 1\ny = ", language="plaintext")
    (item,) = (await editor.ghost(uri, 99, 99)).items
    assert item.range == place(1, 4, 4)
