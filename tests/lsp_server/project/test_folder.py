"""The engine knows what the files of a folder say now, whatever happens to them or to it."""

from pathlib import Path

import pytest

from fillwright.engine.memory.contexts import what_followed
from fillwright.engine.request import FileText, Memories
from fillwright.lsp_server.project import folder as folders
from fillwright.lsp_server.project import survey as surveys
from fillwright.lsp_server.project.folder import QUIET_S, ProjectFolder
from fillwright.lsp_server.project.keys import workspace_key
from fillwright.lsp_server.settings.settings import ExclusionSettings
from fillwright.lsp_server.text.documents import Document
from tests.lsp_server.project.conftest import Engine, put

ALL = ExclusionSettings()


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(root: Path, clock: Clock) -> ProjectFolder:
    put(root, "a.py", "alpha = 1\n")
    put(root, "b/c.py", "beta = 2\n")
    return ProjectFolder(root, ALL, clock=clock)


def document(text: str, version: int = 1) -> Document:
    return Document.of(text, "python", "file:///whatever.py", version)


async def bring(folder: ProjectFolder, engine: Engine) -> set[str]:
    """What the engine remembers of the folder then."""
    folder.is_stale = True
    await folder.bring(engine)  # type: ignore[arg-type]
    return engine.keys


async def test_every_file_is_sent_once(folder: ProjectFolder, engine: Engine) -> None:
    assert await bring(folder, engine) == {"a.py", "b/c.py"}
    assert engine.knows(folder.workspace, "beta = 2")
    assert folder.files == 2
    await bring(folder, engine)
    assert len(engine.sent) == 1


async def test_what_is_written_deleted_and_renamed_is_noticed(
    folder: ProjectFolder, engine: Engine, root: Path
) -> None:
    await bring(folder, engine)
    put(root, "a.py", "gamma = 3\n", at=1)
    (root / "b" / "c.py").rename(root / "b" / "d.py")
    assert await bring(folder, engine) == {"a.py", "b/d.py"}
    assert engine.knows(folder.workspace, "gamma = 3")
    assert not engine.knows(folder.workspace, "alpha = 1")
    (root / "b" / "d.py").unlink()
    assert await bring(folder, engine) == {"a.py"}
    assert not engine.knows(folder.workspace, "beta = 2")
    assert folder.files == 1


async def test_a_file_that_becomes_ignored_is_forgotten_open_or_not(
    folder: ProjectFolder, engine: Engine, root: Path
) -> None:
    folder.opened("a.py", document("alpha = 1\n"))
    assert await bring(folder, engine) == {"a.py", "b/c.py"}
    put(root, ".gitignore", "*.py\n")
    assert await bring(folder, engine) == set()
    folder.keep_out(ExclusionSettings(ignored_files=False), ())
    assert await bring(folder, engine) == {"a.py", "b/c.py"}


async def test_what_an_editor_has_unsaved_counts_when_nobody_types_in_it(
    folder: ProjectFolder, engine: Engine, clock: Clock
) -> None:
    folder.opened("a.py", document("alpha = 1\n"))
    await bring(folder, engine)
    folder.changed("a.py", document("alpha = 1\ndelta = 4\n", 2))
    assert folder.is_typed_in
    await bring(folder, engine)
    assert not engine.knows(folder.workspace, "delta = 4")
    clock.now += QUIET_S
    await bring(folder, engine)
    assert engine.knows(folder.workspace, "delta = 4")
    folder.closed("a.py")
    await bring(folder, engine)
    assert not engine.knows(folder.workspace, "delta = 4")
    assert engine.knows(folder.workspace, "alpha = 1")


async def test_a_new_file_that_was_never_saved_is_known_while_it_is_open(
    folder: ProjectFolder, engine: Engine
) -> None:
    folder.opened("new.py", document("epsilon = 5\n"))
    folder.opened(".env.py", document("zeta = 6\n"))
    assert await bring(folder, engine) == {"a.py", "b/c.py", "new.py"}
    folder.closed("new.py")
    assert await bring(folder, engine) == {"a.py", "b/c.py"}


async def test_a_killed_engine_is_told_everything_again(
    folder: ProjectFolder, engine: Engine
) -> None:
    await bring(folder, engine)
    engine.kill()
    await bring(folder, engine)
    assert engine.knows(folder.workspace, "beta = 2")
    # and one that forgot this workspace for others
    engine.memory.clear()
    await bring(folder, engine)
    assert engine.knows(folder.workspace, "beta = 2")
    engine.memory.clear()
    engine.memory.remember(folder.workspace, "other.py", "from another editor")
    await bring(folder, engine)
    assert engine.knows(folder.workspace, "beta = 2")


async def test_an_engine_that_is_killed_while_it_loads_is_told_again(
    folder: ProjectFolder, engine: Engine
) -> None:
    engine.loads = True
    await bring(folder, engine)
    await bring(folder, engine)
    assert len(engine.sent) == 1
    engine.kill()
    # another editor's files wait at the new one
    await engine.remember(Memories("other", (FileText("a.py", "x = 1"),)))
    await bring(folder, engine)
    assert [memories.workspace for memories in engine.sent].count(folder.workspace) == 2
    engine.loads = False
    await bring(folder, engine)
    assert engine.knows(folder.workspace, "beta = 2")


async def test_nothing_is_read_or_sent_while_no_engine_takes_it(
    folder: ProjectFolder, engine: Engine
) -> None:
    engine.status = "stopped"
    assert await bring(folder, engine) == set()
    assert folder.is_stale
    engine.status, engine.remembers = "ready", False
    assert await bring(folder, engine) == set()
    engine.remembers = True
    assert await bring(folder, engine) == {"a.py", "b/c.py"}


async def test_what_is_not_legible_takes_no_room(
    folder: ProjectFolder, engine: Engine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surveys, "WORKSPACE_BYTES", 120)
    for number in range(5):
        put(root, f"made{number}.py", "# @generated by a tool, do not edit\n" * 2, at=2_000_000_000)
    assert await bring(folder, engine) == {"a.py", "b/c.py"}
    put(root, "made0.py", "written = 1\n")
    assert await bring(folder, engine) == {"a.py", "b/c.py", "made0.py"}


async def test_many_files_go_in_small_messages(
    folder: ProjectFolder, engine: Engine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "BYTES_AT_ONCE", 1_000)
    for number in range(120):
        put(root, f"m{number}.py", "x = 1\n" * (100 if number < 10 else 1))
    assert len(await bring(folder, engine)) == 122
    assert max(len(memories.files) for memories in engine.sent) == folders.AT_ONCE
    sizes = [sum(len(file.text or "") for file in memories.files) for memories in engine.sent]
    assert max(sizes) <= 1_000 + 600


@pytest.mark.slow
async def test_planted_secrets_never_reach_the_engine(root: Path, engine: Engine) -> None:
    put(root, ".gitignore", "/ignored/\n")
    plain = [f"AKIA{number:016d}" for number in range(1_000)]
    for number, secret in enumerate(plain):
        text = f'import os\n\n\ndef connect{number}():\n    return os.open("{secret}", {number})\n'
        match number % 20:
            case 0:
                put(root, f"ignored/m{number}.py", text.replace(secret, f"plain words {number}"))
            case 1:
                put(root, f".secrets/m{number}.py", text.replace(secret, f"plain words {number}"))
            case 2:
                put(root, f"id_rsa_{number}.py", text.replace(secret, f"plain words {number}"))
            case 3:
                put(root, f"k{number}.py", f'password = "{secret[::-1]}"\n' + text)
            case _:
                put(root, f"p{number % 7}/m{number}.py", text)
    kept = await bring(ProjectFolder(root, ALL), engine)
    assert len(kept) == 1_000 - 150
    sent = "".join(file.text or "" for memories in engine.sent for file in memories.files)
    assert [secret for secret in plain if secret in sent or secret[::-1] in sent] == []
    assert "plain words" not in sent
    assert sent.count("\0") == 850 + 50
    # nothing is continued where a key was, and none is in the engine's memory
    engine.memory.settle()
    stores = engine.memory.stores(workspace_key(root), "")
    assert len(stores) > 0
    for before in ('    return os.open("', 'password = "'):
        ids = [ord(each) for each in before]
        assert all(level.length < len(ids) for level in what_followed(stores, ids))
    known = "".join(chr(i) for store in stores for i in store.contexts.tokens.tolist())
    assert "connect999" in known
    assert [secret for secret in plain if secret in known or secret[::-1] in known] == []
