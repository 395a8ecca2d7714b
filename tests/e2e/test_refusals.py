"""Files that the model must not see, at a real server: nothing is filled, and it says why."""

from pathlib import Path
from typing import Any

import pytest
from pygls.exceptions import JsonRpcException

pytestmark = pytest.mark.e2e

SOURCE = "first line\nsecond \n"
QUIET = {"engine": {"preload": False}}
SELECTED = {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 6}}


async def suppressed(editor: Any, uri: str) -> dict[str, str]:
    """The reasons told for a document, by kind."""
    told = (await editor.command("fillwright.status"))["suppressed"]
    return {one["kind"]: one["code"] for one in told if one["uri"] == uri}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".gitignore").write_text("generated/\n")
    (tmp_path / ".fillwrightignore").write_text("*.legacy\n")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (".env.local", "secret-file"),
        ("server.pem", "secret-file"),
        ("generated/one.txt", "ignored-file"),
        ("one.legacy", "ignored-file"),
    ],
)
async def test_a_refused_file_is_not_filled(
    start: Any, project: Path, name: str, code: str
) -> None:
    editor = await start(folders={project.as_uri(): QUIET})
    uri = editor.open(SOURCE, (project / name).as_uri(), "plaintext")
    ghost = await editor.ghost(uri, 1, 7, invoked=True)
    assert ghost is None or not ghost.items
    assert not (await editor.popup(uri, 1, 7)).items
    assert await suppressed(editor, uri) == {"ghost": code, "popup": code}
    target = {"uri": uri, "what": "selection", "range": SELECTED}
    assert await editor.actions(uri, 1, 0, 1, 6) == []
    with pytest.raises(JsonRpcException, match=r"fillwright\.exclude"):
        await editor.command("fillwright.fill", target)
    assert editor.statuses == []


async def test_the_settings_allow_it(start: Any, project: Path) -> None:
    allowing = {**QUIET, "exclude": {"secretFiles": False, "ignoredFiles": False}}
    editor = await start(options=allowing, folders={project.as_uri(): allowing})
    for name in (".env", "generated/one.txt"):
        uri = editor.open(SOURCE, (project / name).as_uri(), "plaintext")
        await editor.popup(uri, 1, 7)
        # the model has been asked, whatever came of it
        reasons = await suppressed(editor, uri)
        assert reasons.get("popup") not in ("secret-file", "ignored-file")
