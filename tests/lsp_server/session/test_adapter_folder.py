from pathlib import Path

import pytest

from fillwright.lsp_server.session.adapter_folder import adapter_folder

FOLDERS = ["file:///work/one", "file:///work/one/inner", "file:///work/two"]


@pytest.mark.parametrize(
    ("given", "uri", "found"),
    [
        (None, "file:///work/one/a.py", ""),
        ("", "file:///work/one/a.py", ""),
        ("/models/mine", "file:///work/one/a.py", "/models/mine"),
        ("mine", "file:///work/one/a.py", "/work/one/mine"),
        ("mine", "file:///work/one/inner/a.py", "/work/one/inner/mine"),
        ("./mine", "file:///work/two/deep/a.py", "/work/two/mine"),
        ("~/mine", "file:///work/two/a.py", str(Path.home() / "mine")),
    ],
)
def test_a_relative_path_is_below_the_folder_around_the_document(
    given: str | None, uri: str, found: str
) -> None:
    assert adapter_folder(given, uri, FOLDERS) == found


def test_a_document_without_a_folder_is_in_the_only_one() -> None:
    assert adapter_folder("mine", "untitled:a", ["file:///work/one"]) == "/work/one/mine"
    assert adapter_folder("mine", "untitled:a", FOLDERS) == "mine"
