"""Which workspace folder's settings hold for a document."""

import pytest

from fillwright.lsp_server.settings.folders import FolderSettings, lies_in
from fillwright.lsp_server.settings.settings import Settings

OUTER, INNER = Settings(show="ghostText"), Settings(show="popup")
FOLDERS = FolderSettings(
    Settings(),
    {"file:///projects": OUTER, "file:///projects/inner%20one": INNER, "ssh://box/projects": INNER},
)


@pytest.mark.parametrize(
    ("uri", "settings"),
    [
        ("file:///projects/a.py", OUTER),
        ("file:///projects/inner one/deep/a.py", INNER),
        ("file:///projects/inner/a.py", OUTER),
        ("file:///projectss/a.py", Settings()),
        ("file:///projects", Settings()),
        ("ssh://box/projects/a.py", INNER),
        ("ssh://other/projects/a.py", Settings()),
        ("vscode-notebook-cell:/projects/a.ipynb#W0sZmlsZQ%3D%3D", OUTER),
        ("untitled:Untitled-1", Settings()),
        ("", Settings()),
    ],
)
def test_the_innermost_folder_around_a_document_wins(uri: str, settings: Settings) -> None:
    assert FOLDERS.of(uri) == settings


def test_a_root_holds_everything() -> None:
    assert lies_in("file:///", "file:///a.py")
