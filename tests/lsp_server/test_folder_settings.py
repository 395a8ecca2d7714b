"""Which workspace folder's settings hold for a document."""

import pytest

from fillwright.lsp_server.folder_settings import FolderSettings, lies_in
from fillwright.lsp_server.settings import Settings

OUTER, INNER = Settings(show="ghost only"), Settings(show="popup only")
FOLDERS = FolderSettings(
    Settings(), {"file:///work": OUTER, "file:///work/inner%20one": INNER, "ssh://box/work": INNER}
)


@pytest.mark.parametrize(
    ("uri", "settings"),
    [
        ("file:///work/a.py", OUTER),
        ("file:///work/inner one/deep/a.py", INNER),
        ("file:///work/inner/a.py", OUTER),
        ("file:///works/a.py", Settings()),
        ("file:///work", Settings()),
        ("ssh://box/work/a.py", INNER),
        ("ssh://other/work/a.py", Settings()),
        ("vscode-notebook-cell:/work/a.ipynb#W0sZmlsZQ%3D%3D", OUTER),
        ("untitled:Untitled-1", Settings()),
        ("", Settings()),
    ],
)
def test_the_innermost_folder_around_a_document_wins(uri: str, settings: Settings) -> None:
    assert FOLDERS.of(uri) == settings


def test_a_root_holds_everything() -> None:
    assert lies_in("file:///", "file:///a.py")
