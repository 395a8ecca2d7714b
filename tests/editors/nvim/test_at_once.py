"""What the user's own code has for a place is shown in Neovim while the model still writes."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.remote.conftest import ScriptedServer, serving

pytestmark = pytest.mark.e2e

ODD = "wobble_the_quokka(grommet, sprocket_ratio=7)"
CALLS = "".join(
    f"def step_{number}(grommet):\n    result = {ODD}\n    return result\n\n\n"
    for number in range(3)
)
BEGUN = "wobble_the_q"
PLACE = f"def other(grommet):\n    result = {BEGUN}\n    return result\n"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository in which one file calls an odd function, several times."""
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / "machine.py").write_text(CALLS)
    return folder


@pytest.mark.parametrize("says", [ODD.removeprefix(BEGUN), "uality(grommet)"])
def test_it_is_shown_before_the_server_answers_and_the_answer_takes_its_place(
    start: Any, server: ScriptedServer, project: Path, says: str
) -> None:
    serving(server, says)
    answer, may_answer = server.says["/v1/completions"], threading.Event()
    editor = start(settings={"engine": {"url": server.url, "samples": 1}})
    editor.open(project / "new.py", PLACE)
    # the engine has read the project, and asked the server what it is
    editor.until(lambda: editor.status()["files"] == 2)

    def answer_later(exchange: Any) -> None:
        assert may_answer.wait(60)
        answer(exchange)

    server.says["/v1/completions"] = answer_later
    editor.insert("2GA")
    assert editor.until(editor.ghost) == ODD.removeprefix(BEGUN)
    assert editor.status()["lastFillMs"] is None
    may_answer.set()
    editor.until(lambda: editor.status()["lastFillMs"] is not None)
    # the same text stays, and another one is there from the next key on
    editor.keys(says[0])
    editor.until(lambda: editor.ghost() == says[1:])
    editor.keys("<M-l>")
    editor.until(lambda: editor.lines[1] == f"    result = {BEGUN}{says}")
