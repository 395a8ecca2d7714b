"""What an editor that draws drafts is told of one, on an engine that always has the same."""

from collections.abc import Callable
from typing import Any

from fillwright.engine.request import Draft, Infill, InfillRequest
from fillwright.lsp_server.lsp.drafts import draft_params
from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.session.targets import Target
from fillwright.lsp_server.settings.folders import FolderSettings
from fillwright.lsp_server.settings.settings import DraftSettings, Settings
from fillwright.lsp_server.text.positions import PositionEncoding

URI = "untitled:shelf.py"
MARKS = '\n    """'


class Engine:
    """Shows a draft before it answers; `watched` is what the request should say."""

    def __init__(self, watched: bool) -> None:
        self.watched = watched

    async def fill(self, request: InfillRequest, on_draft: Callable[[Draft], None]) -> Infill:
        assert request.watched is self.watched
        sure = ((1, 2, 0.4), (2, 3, 0.95))
        on_draft(Draft(1, 1, ("The",), (((1, 3),),), confidences=(sure,)))
        return Infill(("The sum.",), ((0.5,),), "settled", 1, 1, "draft", "", "")


async def drafts_shown(enabled: bool) -> list[dict[str, Any]]:
    """What is shown while a docstring is written."""
    seen: list[dict[str, Any]] = []
    session = Session(
        show_draft=lambda ask, draft: seen.append(draft_params(ask, draft, PositionEncoding.UTF16))
    )
    session.settings = FolderSettings(Settings(drafts=DraftSettings(enabled)))
    session.engine._client = Engine(enabled)  # type: ignore[assignment]
    session.open(URI, "python", 3, "def add(a, b):\n    return a + b\n")
    place = {"line": 0, "character": 8}
    span = {"start": place, "end": place}
    filled = await session.fill(
        [Target.from_json({"uri": URI, "what": "docstring", "range": span})]
    )
    assert filled.text_in(filled.holes[0]).startswith(MARKS)
    return seen


async def test_a_draft_of_a_docstring_shows_its_marks_as_settled() -> None:
    ((hole,),) = (params["holes"] for params in await drafts_shown(enabled=True))
    assert hole["range"]["start"] == hole["range"]["end"] == {"line": 0, "character": 14}
    assert hole["text"] == f'{MARKS}The"""'
    assert hole["settled"] == [[0, 8], [9, 11], [11, 14]]
    assert hole["unsure"] == [[9, 10]]


async def test_drafts_are_shown_where_the_settings_say_so() -> None:
    assert await drafts_shown(enabled=False) == []
