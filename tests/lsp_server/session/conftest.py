"""An engine that keeps what it was asked, and the request that a document leads to."""

from typing import Any

from fillwright.engine.daemon.wire import Health
from fillwright.engine.request import Infill, InfillRequest, Memories
from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.session.targets import Target


class RecordingEngine:
    """Remembers no file."""

    def __init__(self) -> None:
        self.asked: list[InfillRequest] = []

    async def fill(self, request: InfillRequest, on_draft: Any = None) -> Infill:
        self.asked.append(request)
        return Infill(("1",), ((0.5,),), "settled", 1, 1, "draft", "", "")

    async def remember(self, memories: Memories) -> Health:
        return Health("stopped")

    async def aclose(self) -> None:
        pass


async def request_for_line(session: Session, uri: str) -> InfillRequest:
    """The one for the rest of the line, in a document that is opened and uses `area`."""
    engine = RecordingEngine()
    session.engine._client = engine  # type: ignore[assignment]
    session.open(uri, "python", 1, "size = area(")
    place = {"line": 0, "character": 12}
    line = {"uri": uri, "what": "line", "range": {"start": place, "end": place}}
    await session.fill([Target.from_json(line)], lambda draft: None)
    [request] = engine.asked
    return request
