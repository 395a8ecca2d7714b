"""Which files of a folder may be remembered, and which of those come first."""

import os
from pathlib import Path

import pytest

from fillwright.engine.memory import limits
from fillwright.lsp_server.project import survey as surveys
from fillwright.lsp_server.project.survey import Found, chosen, is_admitted, survey
from fillwright.lsp_server.settings.settings import ExclusionSettings
from tests.lsp_server.project.conftest import put

ALL = ExclusionSettings()


def keys(root: Path, exclude: ExclusionSettings = ALL, inner: tuple[Path, ...] = ()) -> set[str]:
    found = {file.key for file in survey(root, inner, exclude)}
    every = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    fit = {key for key in every if 0 < (root / key).stat().st_size <= limits.FILE_BYTES}
    # file by file the same, but for projects of their own
    admitted = {key for key in fit if is_admitted(root, key, exclude)}
    assert admitted == found | {key for key in admitted if (root / key).parent in inner}
    return found


def test_code_is_found_and_nothing_else(root: Path) -> None:
    for key in ("a.py", "b/c/d.ts", "b/e.go", ".hidden/f.py", "node_modules/g/h.js", "dist/i.js",
                "j.json", "k.min.js", "README.md", "l.png", "venv/m.py", "n"):  # fmt: skip
        put(root, key, "x = 1\n")
    put(root, "empty.py", "")
    put(root, "huge.py", "x" * (limits.FILE_BYTES + 1))
    assert keys(root) == {"a.py", "b/c/d.ts", "b/e.go"}


def test_what_is_ignored_or_holds_secrets_is_not_found(root: Path) -> None:
    put(root, ".gitignore", "/out/\n*.gen.py\n")
    put(root, "b/.fillwrightignore", "private/\n!d.gen.py\n")
    for key in ("a.py", "out/a.py", "a.gen.py", "b/c.gen.py", "b/d.gen.py", "b/private/e.py",
                "id_rsa.py", ".env.py", ".ssh/f.py"):  # fmt: skip
        put(root, key, "x = 1\n")
    assert keys(root) == {"a.py", "b/d.gen.py"}
    assert keys(root, ExclusionSettings(ignored_files=False)) == {
        *("a.py", "out/a.py", "a.gen.py", "b/c.gen.py", "b/d.gen.py", "b/private/e.py"),
    }
    assert "id_rsa.py" in keys(root, ExclusionSettings(secret_files=False))


def test_a_folder_within_an_ignored_one_has_no_files(root: Path) -> None:
    put(root, ".gitignore", "/out/\n")
    put(root, "out/inside/a.py", "x = 1\n")
    assert survey(root / "out" / "inside", [], ALL) == []


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
def test_links_are_not_followed(root: Path, tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", "a.py", "x = 1\n")
    put(root, "b.py", "x = 1\n")
    (root / "folder").symlink_to(tmp_path / "elsewhere")
    (root / "file.py").symlink_to(tmp_path / "elsewhere" / "a.py")
    (root / "circle").symlink_to(root)
    (root / "gone.py").symlink_to(root / "nothing.py")
    assert {file.key for file in survey(root, [], ALL)} == {"b.py"}


def test_a_project_in_a_project_is_its_own(root: Path) -> None:
    put(root, "a.py", "x = 1\n")
    put(root, "inner/b.py", "x = 1\n")
    assert keys(root, inner=(root / "inner",)) == {"a.py"}


def test_a_home_folder_and_what_is_around_it_are_no_project(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root, "a.py", "x = 1\n")
    monkeypatch.setenv("HOME", str(root))
    monkeypatch.setenv("USERPROFILE", str(root))
    assert survey(root, [], ALL) == survey(root.parent, [], ALL) == []


def test_only_so_much_of_a_disk_is_looked_at(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surveys, "ENTRIES", 10)
    for number in range(30):
        put(root, f"near{number}.py", "x = 1\n")
        put(root, f"far/{number}.py", "x = 1\n")
    assert {file.key for file in survey(root, [], ALL)} == {f"near{n}.py" for n in range(30)}


def test_the_nearest_then_the_latest_files_are_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Found(f"{folder}/{at}.py", (at, 10)) for folder in "ab" for at in range(5)]
    monkeypatch.setattr(surveys, "WORKSPACE_BYTES", 70)
    assert [file.key for file in chosen(found, {"b"})] == [
        *("b/4.py", "b/3.py", "b/2.py", "b/1.py", "b/0.py", "a/4.py", "a/3.py"),
    ]
    assert len(chosen(found, (), taken=25)) == 4
    monkeypatch.setattr(surveys, "WORKSPACE_FILES", 3)
    assert [file.key for file in chosen(found, ())] == ["a/4.py", "b/4.py", "a/3.py"]


def test_twenty_thousand_files_keep_to_the_limits(root: Path) -> None:
    text = "value = 1\n" * 1_000
    first = put(root, "a0/b0.py", text)
    for folder in range(200):
        (root / f"a{folder}").mkdir(exist_ok=True)
        for number in range(100):
            path = root / f"a{folder}" / f"b{number}.py"
            if path != first:
                # links of one file are as many files, and no more of the disk
                os.link(first, path)
    found = survey(root, [], ALL)
    assert len(found) == 20_000
    kept = chosen(found, {"a77"})
    assert sum(file.stamp[1] for file in kept) == limits.WORKSPACE_BYTES
    assert {file.folder for file in kept[:100]} == {"a77"}
    assert len(chosen([Found(f"{n}.py", (0, 1)) for n in range(20_000)], ())) == 5_000
