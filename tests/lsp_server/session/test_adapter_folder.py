from pathlib import Path

import pytest

from fillwright.lsp_server.session.adapter_folder import adapter_folder

FOLDERS = ["file:///code/one", "file:///code/one/inner", "file:///code/two"]


@pytest.mark.parametrize(
    ("given", "uri", "found"),
    [
        (None, "file:///code/one/a.py", ""),
        ("", "file:///code/one/a.py", ""),
        ("/models/mine", "file:///code/one/a.py", "/models/mine"),
        ("mine", "file:///code/one/a.py", "/code/one/mine"),
        ("mine", "file:///code/one/inner/a.py", "/code/one/inner/mine"),
        ("./mine", "file:///code/two/deep/a.py", "/code/two/mine"),
        ("~/mine", "file:///code/two/a.py", str(Path.home() / "mine")),
    ],
)
def test_a_relative_path_is_below_the_folder_around_the_document(
    given: str | None, uri: str, found: str
) -> None:
    assert adapter_folder(given, uri, FOLDERS) == found


def test_a_document_without_a_folder_is_in_the_only_one() -> None:
    assert adapter_folder("mine", "untitled:a", ["file:///code/one"]) == "/code/one/mine"
    assert adapter_folder("mine", "untitled:a", FOLDERS) == "mine"
