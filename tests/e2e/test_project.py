"""An editor's project in the engine's memory, over stdio and with a daemon that may be killed."""

import asyncio
import os
import signal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from fillwright.engine.daemon.client import EngineClient, EngineSettings
from fillwright.lsp_server.project.keys import workspace_key

pytestmark = pytest.mark.e2e

ODD = "wobble_the_{name}(grommet, sprocket_ratio=7)"
WITH_ENGINE: dict[str, Any] = {}
WATCHED = types.WORKSPACE_DID_CHANGE_WATCHED_FILES


def project(folder: Path, name: str) -> Path:
    """A folder whose only file calls an odd function, several times."""
    body = f"(grommet):\n    result = {ODD.format(name=name)}\n    return result\n\n\n"
    calls = "".join(f"def step_{number}{body}" for number in range(4))
    folder.mkdir()
    (folder / "machine.py").write_text(calls)
    return folder.resolve()


def unfinished(name: str) -> str:
    return f"def other(grommet):\n    result = wobble_the_{name[:2]}\n    return result\n"


async def remembered(engine: EngineSettings) -> dict[str, int]:
    """How many files the engine remembers of each workspace."""
    health = await EngineClient(engine).health()
    return {each.workspace: each.files for each in health.remembered}


async def until_remembered(engine: EngineSettings, root: Path, files: int) -> None:
    async with asyncio.timeout(60):
        while (await remembered(engine)).get(workspace_key(root)) != files:
            await asyncio.sleep(0.05)


async def shown(editor: Any, root: Path, name: str, file: str = "new.py") -> str:
    """What ghost text writes in a second file of the project, asked for by hand."""
    text = unfinished(name)
    uri = editor.open(text, (root / file).as_uri())
    line = text.split("\n")[1]
    items = (await editor.ghost(uri, 1, len(line), invoked=True)).items
    return line + items[0].insert_text if items else line


async def test_a_function_of_another_file_is_written_and_of_another_project_is_not(
    start: Any, engine: EngineSettings, tmp_path: Path
) -> None:
    one, two = project(tmp_path / "one", "quokka"), project(tmp_path / "two", "zeppelin")
    first = await start(options=WITH_ENGINE, folders={one.as_uri(): {}})
    await until_remembered(engine, one, 1)
    second = await start(options=WITH_ENGINE, folders={two.as_uri(): {}})
    await until_remembered(engine, two, 1)
    assert (await shown(first, one, "quokka")).strip() == f"result = {ODD.format(name='quokka')}"
    assert ODD.format(name="quokka") not in await shown(second, two, "quokka")
    await first.until(lambda: first.statuses[-1]["files"] == 2)
    status = await first.command("fillwright.status")
    assert status["memory"].startswith("Knows 2 files of your project")


@pytest.mark.parametrize("memory", ["off", "file"])
async def test_a_project_that_is_not_to_be_remembered_is_not(
    start: Any, engine: EngineSettings, tmp_path: Path, memory: str
) -> None:
    root = project(tmp_path / "one", "quokka")
    editor = await start(options=WITH_ENGINE, folders={root.as_uri(): {}})
    await until_remembered(engine, root, 1)
    editor.lsp.set_configuration({"fillwright": {"memory": memory}}, scope_uri=root.as_uri())
    params = types.DidChangeConfigurationParams(None)
    editor.lsp.workspace_did_change_configuration(params)
    # the engine keeps it for other editors, but this one's requests do not name the folder any more
    async with asyncio.timeout(60):
        while (await editor.command("fillwright.status"))["files"]:
            await asyncio.sleep(0.02)
    assert ODD.format(name="quokka") not in await shown(editor, root, "quokka")


async def test_the_hole_is_not_filled_from_the_saved_copy_or_a_copy_of_its_file(
    start: Any, engine: EngineSettings, tmp_path: Path
) -> None:
    root = project(tmp_path / "one", "quokka")
    text = f"def other(grommet):\n    result = {ODD.format(name='kakapo')}\n    return result\n"
    for name in ("new.py", "copy.py"):
        (root / name).write_text(text)
    editor = await start(options=WITH_ENGINE, folders={root.as_uri(): {}})
    await until_remembered(engine, root, 3)
    uri = editor.open(text, (root / "new.py").as_uri())
    column = len("    result = wobble_the_ka")
    editor.change(uri, 2, (1, column, 1, len(text.split("\n")[1]), ""))
    items = (await editor.ghost(uri, 1, column, invoked=True)).items
    assert all("kapo(grommet" not in item.insert_text for item in items)


async def test_a_key_in_another_file_is_not_continued(
    start: Any, engine: EngineSettings, tmp_path: Path
) -> None:
    root, key = project(tmp_path / "one", "quokka"), "AKIA0123456789ABCDEF"
    body = f"(grommet):\n    result = wobble_the_lock('{key}')\n    return result\n\n\n"
    (root / "keys.py").write_text("".join(f"def step_{number}{body}" for number in range(4)))
    editor = await start(options=WITH_ENGINE, folders={root.as_uri(): {}})
    await until_remembered(engine, root, 2)
    # what stands beside it is
    assert ODD.format(name="quokka") in await shown(editor, root, "quokka", "new.py")
    for number, written in enumerate(("wobble_the_lo", "wobble_the_lock('", "wobble_the_lock('AK")):
        line = f"    result = {written}"
        text = f"def other(grommet):\n{line}\n    return result\n"
        uri = editor.open(text, (root / f"new{number}.py").as_uri())
        items = (await editor.ghost(uri, 1, len(line), invoked=True)).items
        assert not [item for item in items if "23456789" in item.insert_text]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
async def test_a_killed_engine_is_told_everything_again_and_its_first_fill_does_not_wait(
    start: Any, engine: EngineSettings, tmp_path: Path
) -> None:
    root = project(tmp_path / "one", "quokka")
    editor = await start(options=WITH_ENGINE, folders={root.as_uri(): {}})
    await until_remembered(engine, root, 1)
    health = await EngineClient(engine).health()
    assert health.pid is not None
    os.kill(health.pid, signal.SIGKILL)
    # so many files that they are not remembered before the engine has made a fill
    for number in range(400):
        (root / f"m{number}.py").write_text(f"value_{number} = {number}\n" * 100)
    editor.lsp.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([]))
    await shown(editor, root, "quokka", "new.py")
    assert (await remembered(engine)).get(workspace_key(root), 0) < 402
    await until_remembered(engine, root, 402)
    # what is remembered is sorted by a thread that no fill waits for
    files = (f"newer{number}.py" for number in count())
    async with asyncio.timeout(60):
        while ODD.format(name="quokka") not in await shown(editor, root, "quokka", next(files)):
            await asyncio.sleep(0.1)


async def test_files_that_change_outside_the_editor_are_followed(
    start: Any, engine: EngineSettings, tmp_path: Path
) -> None:
    root = project(tmp_path / "one", "quokka")
    editor = await start(options=WITH_ENGINE, folders={root.as_uri(): {}})
    await until_remembered(engine, root, 1)
    (watching,) = [each for each in editor.registrations if each.method == WATCHED]
    assert "**/.gitignore" in str(watching.register_options)
    (root / "more.py").write_text("value = 1\n")
    editor.lsp.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([]))
    await until_remembered(engine, root, 2)
    (root / ".gitignore").write_text("m*.py\n")
    editor.lsp.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([]))
    await until_remembered(engine, root, 0)


async def test_folders_come_and_go(start: Any, engine: EngineSettings, tmp_path: Path) -> None:
    one, two = project(tmp_path / "one", "quokka"), project(tmp_path / "two", "zeppelin")
    editor = await start(options=WITH_ENGINE, folders={one.as_uri(): {}})
    await until_remembered(engine, one, 1)
    event = types.WorkspaceFoldersChangeEvent(
        added=[types.WorkspaceFolder(two.as_uri(), "two")],
        removed=[types.WorkspaceFolder(one.as_uri(), "one")],
    )
    editor.lsp.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
    await until_remembered(engine, two, 1)
    assert ODD.format(name="zeppelin") in await shown(editor, two, "zeppelin")
