"""A user who types fast, and the real engine: it is asked when they pause, and nothing piles up."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

pytestmark = pytest.mark.e2e

KEYSTROKES = 500
SHORT = {"engine": {"preload": False}, "fill": {"blockTokens": 8, "lineTokens": 8, "steps": 4}}
MOST_MB = 80


async def test_five_hundred_rapid_keystrokes_leave_no_backlog(start: Any, count: Any) -> None:
    editor = await start(options=SHORT)
    uri, line, column, _ = await editor.suggested()
    asked = await count("fillwright_requests_total")
    columns = range(column + 1, column + 1 + KEYSTROKES)
    answers = []
    for typed, column in enumerate(columns, 1):
        editor.change(uri, typed + 1, (line, column - 1, line, column - 1, "☃"))
        answers.append(editor.ghost(uri, line, column))
        if typed % 10 == 0:
            # as a client's event loop does, which has more to do
            await asyncio.sleep(0)
    outcomes = await asyncio.gather(*answers, return_exceptions=True)
    for asked_at, outcome in zip(columns, outcomes, strict=True):
        assert isinstance(outcome, types.InlineCompletionList), outcome
        # one item where the engine was quicker than the next keystroke
        assert {item.range.start.character for item in outcome.items} <= {asked_at}, outcome
    # the editor was not held up, and the engine was not asked for each (for how many is a matter of
    # who is faster)
    assert await count("fillwright_requests_total") - asked < KEYSTROKES / 2
    await editor.until(lambda: editor.statuses[-1]["state"] == "ready")
    assert (await editor.popup(uri, line, column)).is_incomplete


async def test_typing_shows_no_progress_makes_no_edit_and_pops_up_nothing(start: Any) -> None:
    editor = await start(options=SHORT)
    uri, line, column, _ = await editor.suggested()
    for typed in range(1, 20):
        editor.change(uri, typed + 1, (line, column, line, column, "☃"))
        column += 1
        await editor.popup(uri, line, column)
        await editor.ghost(uri, line, column)
    assert editor.edits == []
    assert editor.lsp.progress_reports == {}
    assert editor.lsp.messages == []


async def test_keys_that_arrive_together_are_answered_as_if_they_came_one_by_one(
    start: Any,
) -> None:
    editor = await start(options=SHORT)
    source, line, column, (item,) = await editor.suggested()
    lines = editor.opened[source].split("\n")
    uri = editor.open("".join(f"{each}\n" for each in lines[line + 1 :]), "untitled:typed", "text")
    place, keys = (0, 0), []
    # a slip on every line, taken back
    for key in "\nq⌫".join(lines[: line + 1]) + "x⌫\n⌫":
        before = (place[0], place[1] - 1)
        match key:
            case "⌫" if place[1]:
                keys.append((*before, *place, ""))
                place = before
            case "⌫":
                place = (place[0] - 1, column)
                keys.append((*place, place[0] + 1, 0, ""))
            case _:
                keys.append((*place, *place, key))
                place = (place[0] + 1, 0) if key == "\n" else (place[0], place[1] + 1)
    editor.change(uri, 2, *keys)
    assert place == (line, column)
    (same,) = (await editor.ghost(uri, *place)).items
    assert same.insert_text == item.insert_text


async def test_the_popup_answers_while_the_engine_works(start: Any) -> None:
    slow = {"lineTokens": 64, "steps": 2000, "decode": "denoise"}
    editor = await start(options={**SHORT, "fill": slow, "drafts": {"enabled": True}})
    uri = editor.open("x = \n", language="plaintext")
    fill = editor.ghost(uri, 0, 4, invoked=True)
    await editor.until(lambda: editor.drafts)
    for column in (4, 3, 2):
        answer = await editor.popup(uri, 0, column)
        assert answer.is_incomplete
        assert not answer.items
    assert not fill.done()
    # the shutdown at the end stops the engine


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_the_server_stays_small(start: Any) -> None:
    editor = await start(options=SHORT)
    uri = editor.open("def f(a):\n    return a\n\n\n" * 2500, "untitled:large.py")
    for version in range(2, 30):
        editor.change(uri, version, (5000, 0, 5000, 0, "x = 1\n"))
        await editor.popup(uri, 5000, 0)
        await editor.actions(uri, 5000, 0, 5000, 3)
    await editor.ghost(uri, 5000, 0, invoked=True)
    status = Path(f"/proc/{editor.lsp._server.pid}/status").read_text()
    resident_mb = int(status.split("VmRSS:")[1].split()[0]) / 1024
    assert resident_mb < MOST_MB
