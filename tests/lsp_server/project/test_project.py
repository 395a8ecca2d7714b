"""The folders of an editor's workspace are kept in the engine's memory while it runs."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from fillwright.lsp_server.project import project as projects
from fillwright.lsp_server.project.keys import ProjectPlace, workspace_key
from fillwright.lsp_server.project.project import Project
from fillwright.lsp_server.settings.settings import ExclusionSettings
from fillwright.lsp_server.text.documents import Change, Document
from fillwright.lsp_server.text.positions import Position
from fillwright.lsp_server.text.subscribers import DocumentEdit
from tests.lsp_server.project.conftest import Engine, put

ALL = ExclusionSettings()
PATIENCE_S = 20
Until = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projects, "TOGETHER_S", 0.01)


@pytest.fixture
def until() -> Until:
    async def wait(holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                await asyncio.sleep(0.01)

    return wait


def project_on(engine: Engine, told: list[int] | None = None) -> Project:
    said = [] if told is None else told
    project = Project(lambda: engine, lambda: said.append(project.files))  # type: ignore[arg-type, return-value]
    return project


def document(path: Path, text: str, version: int = 1) -> Document:
    return Document.of(text, "python", path.as_uri(), version)


async def test_two_folders_are_remembered_apart(root: Path, engine: Engine, until: Until) -> None:
    put(root, "a/m.py", "alpha = 1\n")
    put(root, "b/m.py", "beta = 2\n")
    told: list[int] = []
    project = project_on(engine, told)
    project.follow({root / "a": ALL, root / "b": ALL})
    await until(lambda: told[-1:] == [2])
    a, b = workspace_key(root / "a"), workspace_key(root / "b")
    assert engine.knows(a, "alpha = 1")
    assert engine.knows(b, "beta = 2")
    assert not engine.knows(a, "beta = 2")
    assert not engine.knows(b, "alpha = 1")
    project.stop()


async def test_a_place_is_the_innermost_folder_and_the_path_in_it(
    root: Path, engine: Engine
) -> None:
    path = put(root, "a/m.py", "alpha = 1\n")
    (root / "link.py").symlink_to(path)
    project = project_on(engine)
    assert project.place_of(path.as_uri()) == ProjectPlace()
    project.follow({root: ALL})
    assert project.place_of(path.as_uri()) == ProjectPlace(workspace_key(root), "a/m.py")
    assert project.place_of((root / "link.py").as_uri()) == ProjectPlace(
        workspace_key(root), "a/m.py"
    )
    assert project.place_of("untitled:one") == ProjectPlace(workspace_key(root))
    assert project.place_of((root.parent / "other.py").as_uri()) == ProjectPlace()
    project.follow({root: ALL, root / "a": ALL})
    assert project.place_of(path.as_uri()) == ProjectPlace(workspace_key(root / "a"), "m.py")
    assert project.place_of("untitled:one") == ProjectPlace()
    project.stop()


async def test_what_is_opened_typed_and_closed_is_followed(
    root: Path, engine: Engine, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fillwright.lsp_server.project.folder.QUIET_S", 0.01)
    path, workspace = put(root, "a.py", "alpha = 1\n"), workspace_key(root)
    project = project_on(engine)
    # which editors may do before their folders are known
    project.opened(document(path, "alpha = 1\nbeta = 2\n"))
    project.follow({root: ALL})
    await until(lambda: engine.knows(workspace, "beta = 2"))
    edited = document(path, "alpha = 1\ngamma = 3\n", 2)
    typed = [Change("gamma = 3", Position(1, 0), Position(1, 8))]
    project.changed(DocumentEdit(edited, edited, typed))
    await until(lambda: engine.knows(workspace, "gamma = 3"))
    # the line that is typed may not be finished
    assert not engine.knows(workspace, "gamma = 3\n")
    assert engine.knows(workspace, "alpha = 1\n")
    assert not engine.knows(workspace, "beta = 2")
    project.closed(edited)
    await until(lambda: not engine.knows(workspace, "gamma = 3"))
    project.stop()


async def test_changes_on_disk_are_seen_when_told_of_and_by_looking(
    root: Path, engine: Engine, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = workspace_key(root)
    project = project_on(engine)
    project.follow({root: ALL})
    put(root, "a.py", "alpha = 1\n")
    project.written()
    await until(lambda: engine.knows(workspace, "alpha = 1"))
    monkeypatch.setattr(projects, "SCAN_S", 0.0)
    put(root, "b.py", "beta = 2\n")
    project.stir()
    await until(lambda: engine.knows(workspace, "beta = 2"))
    project.stop()


async def test_an_engine_that_comes_later_or_comes_back_is_told(
    root: Path, engine: Engine, until: Until
) -> None:
    put(root, "a.py", "alpha = 1\n")
    engine.status, told = "stopped", list[int]()
    project = project_on(engine, told)
    project.follow({root: ALL})
    await asyncio.sleep(0.05)
    assert engine.sent == []
    engine.status = "ready"
    project.stir()
    await until(lambda: told == [1])
    engine.kill()
    project.stir()
    await until(lambda: engine.knows(workspace_key(root), "alpha = 1"))
    project.stop()
    assert told[-1] == 0


async def test_a_folder_that_is_not_to_be_remembered_is_followed_no_more_and_stays_for_others(
    root: Path, engine: Engine, until: Until
) -> None:
    put(root, "a.py", "alpha = 1\n")
    project = project_on(engine)
    project.follow({root: ALL})
    await until(lambda: engine.knows(workspace_key(root), "alpha = 1"))
    project.follow({})
    assert project.place_of((root / "a.py").as_uri()) == ProjectPlace()
    put(root, "b.py", "beta = 2\n")
    project.written()
    await asyncio.sleep(0.05)
    assert engine.knows(workspace_key(root), "alpha = 1")
    assert not engine.knows(workspace_key(root), "beta = 2")
