"""Where a document lies in the user's project, on its way into a request."""

from pathlib import Path
from typing import Any

import pytest

from fillwright.engine.request import InfillRequest
from fillwright.lsp_server.project.keys import workspace_key
from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.settings.folders import FolderSettings
from fillwright.lsp_server.settings.settings import (
    ContextSettings,
    EngineSection,
    Memory,
    PrivacySettings,
    Settings,
)
from tests.lsp_server.session.conftest import request_for_line

QUIET = EngineSection(preload=False)


async def asked(root: Path, uri: str, memory: Memory, **settings: Any) -> InfillRequest:
    """The request for the rest of a line, where the folder is the workspace's only one."""
    session = Session()
    session.folders = (root.as_uri(),)
    everywhere = Settings(engine=QUIET)
    folder = Settings(memory=memory, engine=QUIET, **settings)
    await session.configure(FolderSettings(everywhere, {root.as_uri(): folder}))
    request = await request_for_line(session, uri)
    await session.shutdown()
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


@pytest.mark.parametrize(
    ("memory", "settings", "characters"),
    [
        ("on", {"context": ContextSettings(characters=500)}, 500),
        ("file", {}, 0),
        ("on", {"context": ContextSettings(enabled=False)}, 0),
        ("on", {"privacy": PrivacySettings(context="file")}, 0),
        ("on", {"privacy": PrivacySettings(context="none")}, 0),
    ],
)
async def test_a_model_may_be_shown_other_files_as_far_as_the_settings_allow(
    tmp_path: Path, memory: Memory, settings: dict[str, Any], characters: int
) -> None:
    root = tmp_path.resolve()
    request = await asked(root, (root / "a.py").as_uri(), memory, **settings)
    assert request.similar == characters


async def test_the_status_says_where_the_files_stay(tmp_path: Path) -> None:
    session = Session()
    session.project.files = 2
    assert "which stay on this machine" in session.status_json()["memory"]
    server = EngineSection(preload=False, url="http://127.0.0.1:8012")
    await session.configure(FolderSettings(Settings(engine=server)))
    assert "your model server is shown pieces" in session.status_json()["memory"]
    kept = PrivacySettings(context="file")
    await session.configure(FolderSettings(Settings(engine=server, privacy=kept)))
    assert "which stay on this machine" in session.status_json()["memory"]
    await session.shutdown()


async def test_a_document_of_no_folder_has_no_project(tmp_path: Path) -> None:
    root = (tmp_path / "root").resolve()
    root.mkdir()
    request = await asked(root, (tmp_path / "other.py").as_uri(), "on")
    assert (request.workspace, request.file_key, request.memory) == ("", "", True)


async def test_a_document_that_was_never_saved_is_of_the_only_folder(tmp_path: Path) -> None:
    request = await asked(tmp_path.resolve(), "untitled:one", "on")
    assert (request.workspace, request.file_key) == (workspace_key(tmp_path.resolve()), "")


@pytest.mark.parametrize("memory", ["on", "file", "off"])
async def test_a_request_names_the_folder_s_adapter(tmp_path: Path, memory: Memory) -> None:
    root = tmp_path.resolve()
    uri = (root / "a" / "b.py").as_uri()
    assert (await asked(root, uri, memory)).adapter == ""
    request = await asked(root, uri, memory, adapter="adapters/mine")
    assert request.adapter == str(root / "adapters" / "mine")
