"""What a session offers at a position, on an engine that always has the same."""

import asyncio
from typing import Any

import pytest

from fillwright.engine.request import Infill, InfillRequest
from fillwright.lsp_server.session.document_changed import DocumentChanged
from fillwright.lsp_server.session.offers import ghost_offer, popup_offer
from fillwright.lsp_server.session.requests import GhostRequest, SelectedItem
from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.settings.folders import FolderSettings
from fillwright.lsp_server.settings.settings import CompletionSettings, Settings
from fillwright.lsp_server.text.documents import Change
from fillwright.lsp_server.text.positions import Position

URI = "untitled:a.txt"
END = Position(0, 4)


class Engine:
    """Says `one`, and two other candidates where more are wanted, when it may."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def fill(self, request: InfillRequest, on_draft: Any = None) -> Infill:
        await self.may_answer.wait()
        others = tuple((text,) for text in ("two", "three")[: request.candidates - 1])
        confidences = ((0.9,),)
        return Infill(("one",), confidences, "settled", 1, 1, "draft", "", "", {}, others)


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def session(engine: Engine) -> Session:
    session = Session()
    session.engine._client = engine  # type: ignore[assignment]
    session.report.schedule_write = lambda: None  # type: ignore[method-assign]
    session.open(URI, "plaintext", 1, "x = \n")
    return session


def reasons(session: Session) -> list[object]:
    return [one["code"] for one in session.suppressions.to_json()]


async def test_the_best_ghost_is_the_newest(session: Session) -> None:
    offer = await ghost_offer(session, GhostRequest(URI, END, by_hand=True))
    assert offer is not None
    assert [ghost.change.text for ghost in offer.ghosts] == ["one", "two", "three"]
    assert [ghost.number for ghost in offer.ghosts] == [3, 2, 1]
    assert session.recall(URI, END)
    again = await ghost_offer(session, GhostRequest(URI, END))
    assert again is not None
    assert [ghost.change.text for ghost in again.ghosts] == ["one"]


async def test_a_selected_item_begins_the_ghost(session: Session) -> None:
    selected = SelectedItem(END, END, "f(")
    offer = await ghost_offer(session, GhostRequest(URI, END, by_hand=True, selected=selected))
    assert offer is not None
    assert [ghost.change.text for ghost in offer.ghosts] == ["f(one"]


async def test_another_version_than_the_newest_is_told(session: Session) -> None:
    with pytest.raises(DocumentChanged):
        await ghost_offer(session, GhostRequest(URI, END, version=0))
    assert reasons(session) == ["stale"]


@pytest.mark.parametrize("version", [None, 1])
async def test_an_offer_that_comes_too_late_is_empty_or_told(
    session: Session, engine: Engine, version: int | None
) -> None:
    engine.may_answer.clear()
    waiting = asyncio.create_task(ghost_offer(session, GhostRequest(URI, END, version)))
    await asyncio.sleep(0)
    session.change(URI, 2, [Change("y = \n")])
    engine.may_answer.set()
    if version is None:
        offer = await waiting
        assert offer is not None
        assert offer.ghosts == ()
    else:
        with pytest.raises(DocumentChanged):
            await waiting
    assert reasons(session) == ["stale"]


async def test_where_there_is_nothing_the_reason_is_kept(session: Session) -> None:
    assert await ghost_offer(session, GhostRequest("untitled:never", END)) is None
    session.settings = FolderSettings(Settings(completion=CompletionSettings(enabled=False)))
    assert await popup_offer(session, URI, END, by_hand=False) is None
    assert reasons(session) == ["not-open", "turned-off"]


async def test_the_popup_has_the_line(session: Session) -> None:
    offer = await popup_offer(session, URI, END, by_hand=False)
    assert offer is not None
    assert [line.text for line in offer.lines] == ["one"]
