"""Where a document lies in the user's project, on its way into a request."""

from pathlib import Path
from typing import Any

import pytest

from fillwright.engine.daemon.wire import Health
from fillwright.engine.request import Infill, InfillRequest, Memories
from fillwright.lsp_server.project.keys import workspace_key
from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.session.targets import Target
from fillwright.lsp_server.settings.folders import FolderSettings
from fillwright.lsp_server.settings.settings import EngineSection, Memory, Settings

QUIET = EngineSection(preload=False)


class Engine:
    """Keeps what it was asked, and remembers nothing."""

    def __init__(self) -> None:
        self.asked: list[InfillRequest] = []

    async def fill(self, request: InfillRequest, on_draft: Any = None) -> Infill:
        self.asked.append(request)
        return Infill(("1",), ((0.5,),), "settled", 1, 1, "draft", "", "")

    async def remember(self, memories: Memories) -> Health:
        return Health("stopped")

    async def aclose(self) -> None:
        pass


async def asked(root: Path, uri: str, memory: Memory) -> InfillRequest:
    """The request for the rest of a line, where the folder is the workspace's only one."""
    session, engine = Session(), Engine()
    session.folders = (root.as_uri(),)
    everywhere = Settings(engine=QUIET)
    folder = Settings(memory=memory, engine=QUIET)
    await session.configure(FolderSettings(everywhere, {root.as_uri(): folder}))
    session.engine._client = engine  # type: ignore[assignment]
    session.open(uri, "python", 1, "size = area(")
    place = {"line": 0, "character": 12}
    line = {"uri": uri, "what": "line", "range": {"start": place, "end": place}}
    await session.fill([Target.from_json(line)], lambda draft: None)
    await session.shutdown()
    [request] = engine.asked
    return request


@pytest.mark.parametrize("memory", ["on", "file", "off"])
async def test_a_request_says_where_its_file_lies_and_whether_it_counts(
    tmp_path: Path, memory: Memory
) -> None:
    root = tmp_path.resolve()
    request = await asked(root, (root / "a" / "b.py").as_uri(), memory)
    where = (workspace_key(root), "a/b.py") if memory == "on" else ("", "")
    assert (request.workspace, request.file_key) == where
    assert request.memory is (memory != "off")


async def test_a_document_of_no_folder_has_no_project(tmp_path: Path) -> None:
    root = (tmp_path / "root").resolve()
    root.mkdir()
    request = await asked(root, (tmp_path / "other.py").as_uri(), "on")
    assert (request.workspace, request.file_key, request.memory) == ("", "", True)


async def test_a_document_that_was_never_saved_is_of_the_only_folder(tmp_path: Path) -> None:
    request = await asked(tmp_path.resolve(), "untitled:one", "on")
    assert (request.workspace, request.file_key) == (workspace_key(tmp_path.resolve()), "")
