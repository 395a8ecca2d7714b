"""What an editor says of its workspace when it starts."""

from types import SimpleNamespace

import pytest
from lsprotocol.types import WorkspaceFolder
from pygls.workspace import Workspace

from fillwright.lsp_server.lsp.lifecycle import folders_of


@pytest.mark.parametrize(
    ("root", "folders", "expected"),
    [
        ("file:///a", ["file:///b", "file:///c"], ("file:///b", "file:///c")),
        ("file:///a", [], ("file:///a",)),
        (None, [], ()),
    ],
)
def test_an_editor_without_folders_may_have_a_root(
    root: str | None, folders: list[str], expected: tuple[str, ...]
) -> None:
    workspace = Workspace(root, workspace_folders=[WorkspaceFolder(uri, uri) for uri in folders])
    client = SimpleNamespace(workspace=workspace)
    assert folders_of(client) == expected  # type: ignore[arg-type]
