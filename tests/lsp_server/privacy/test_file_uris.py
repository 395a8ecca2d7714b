"""Paths of URIs: the ones that pygls, which follows VS Code, finds on either system."""

import pytest
from pygls import uris

from fillwright.lsp_server.privacy.file_uris import file_path


@pytest.mark.parametrize(
    ("uri", "posix", "windows"),
    [
        ("file:///app/main.py", "/app/main.py", "\\app\\main.py"),
        ("file:///C:/Users/me/a.py", "c:/Users/me/a.py", "c:\\Users\\me\\a.py"),
        ("file:///c%3A/Users/me/a.py", "c:/Users/me/a.py", "c:\\Users\\me\\a.py"),
        ("file://host/share/a.py", "//host/share/a.py", "\\\\host\\share\\a.py"),
        ("file:///gr%C3%B6%C3%9Fe%20a;b.py", "/größe a;b.py", "\\größe a;b.py"),
        ("file:///app/%2Eenv?version=3", "/app/.env", "\\app\\.env"),
        ("file://", "", ""),
        ("untitled:a.py", None, None),
        ("ssh://host/a.py", None, None),
    ],
)
def test_a_uri_names_the_path_that_pygls_finds(
    monkeypatch: pytest.MonkeyPatch, uri: str, posix: str | None, windows: str | None
) -> None:
    assert file_path(uri, windows=False) == posix
    assert file_path(uri, windows=True) == windows
    for on_windows, path in ((False, posix), (True, windows)):
        monkeypatch.setattr(uris, "IS_WIN", on_windows)
        assert uris.to_fs_path(uri) == path


def test_a_cell_lies_where_its_notebook_does() -> None:
    cell = "vscode-notebook-cell:/app/n.ipynb#W1"
    assert file_path(cell, windows=False) == "/app/n.ipynb"
