"""fillwright/status and fillwright/draft: what an editor is told while the engine works."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from fillwright.engine.daemon.client import EngineClient, EngineSettings

pytestmark = pytest.mark.e2e

SOURCE = "é = 1\r\ndef add(a, b):\r\n    return \r\n"
SHORT = {"lineTokens": 8, "steps": 4}
QUIET = {"engine": {"preload": False}, "fill": SHORT}


def states(editor: Any) -> list[str]:
    return [status["state"] for status in editor.statuses]


async def test_the_engine_is_started_with_the_editor_unless_told_otherwise(start: Any) -> None:
    editor = await start(options={"fill": SHORT})
    await editor.until(lambda: "ready" in states(editor))
    ready = editor.statuses[-1]
    assert (ready["model"], ready["device"]) == ("fillwright-small", "cpu")
    assert ready["instructions"] is False
    assert set(states(editor)[:-1]) <= {"loading"}
    quiet = await start(options=QUIET)
    quiet.open("")
    assert (await quiet.popup("untitled:never", 0, 0)).items is not None
    assert quiet.statuses == []


async def test_busy_while_it_fills_and_ready_again(start: Any) -> None:
    editor = await start(options=QUIET)
    uri = editor.open(SOURCE, language="plaintext")
    await editor.ghost(uri, 2, 11)
    await editor.until(lambda: states(editor)[-2:] == ["busy", "ready"])


@pytest_asyncio.fixture
async def no_checkpoint(engine: EngineSettings, tmp_path: Path) -> AsyncIterator[str]:
    """A folder without a model; the engine that tries to load it is stopped."""
    folder = tmp_path / "nothing"
    yield str(folder)
    await EngineClient(replace(engine, checkpoint=folder)).stop()


async def test_an_engine_that_cannot_load_is_said_in_a_sentence(
    start: Any, no_checkpoint: str
) -> None:
    editor = await start(options={"engine": {"preload": True, "checkpoint": no_checkpoint}})
    uri = editor.open(SOURCE, language="plaintext")
    assert not (await editor.ghost(uri, 2, 11)).items
    await editor.until(lambda: "failed" in states(editor))
    assert "nothing" in editor.statuses[-1]["message"]
    assert editor.lsp.messages == [], "no popup"


async def test_drafts_are_sent_only_when_asked_for(start: Any) -> None:
    editor = await start(options=QUIET)
    uri = editor.open(SOURCE, language="plaintext")
    await editor.ghost(uri, 2, 11)
    assert editor.drafts == []


async def test_a_draft_names_its_hole_and_what_is_settled(start: Any) -> None:
    editor = await start(options={**QUIET, "drafts": {"enabled": True}})
    uri = editor.open(SOURCE, language="plaintext")
    await editor.ghost(uri, 2, 11)
    assert editor.drafts
    for draft in editor.drafts:
        assert (draft["uri"], draft["version"], draft["kind"]) == (uri, 1, "ghost")
        (hole,) = draft["holes"]
        place = {"line": 2, "character": 11}
        assert hole["range"] == {"start": place, "end": place}
        assert all(0 <= start <= end <= len(hole["text"]) for start, end in hole["settled"])
