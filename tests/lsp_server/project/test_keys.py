"""A folder's name for the engine is its own, and the same through a link."""

from pathlib import Path

from fillwright.lsp_server.project.keys import file_key, innermost, workspace_key


def test_a_folder_has_one_name_and_another_than_any_other(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    (tmp_path / "link").symlink_to(one)
    assert workspace_key(one) == workspace_key((tmp_path / "link").resolve())
    assert len({workspace_key(one), workspace_key(two), workspace_key(tmp_path)}) == 3
    assert str(one) not in workspace_key(one)


def test_a_file_is_known_by_its_path_in_the_innermost_folder() -> None:
    roots = [Path("/a"), Path("/a/b"), Path("/c")]
    assert innermost(roots, Path("/a/b/d/e.py")) == Path("/a/b")
    assert innermost(roots, Path("/a/e.py")) == Path("/a")
    assert innermost(roots, Path("/ab/e.py")) is None
    assert file_key(Path("/a"), Path("/a/b/e.py")) == "b/e.py"
