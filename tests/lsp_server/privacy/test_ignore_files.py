"""What ignore files exclude is judged by `git check-ignore`, which wrote the rules."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fillwright.lsp_server.privacy.ignore_files import excluded_by

PATTERNS = st.sampled_from(
    [
        *("*.log", "!keep.log", "build/", "/a", "a/*", "!a/keep.log", "b/**", "**/c", "a/**/c"),
        *("# note", "\\#odd", "", "c", "!c", "*", "!*/", "?.log", "[ab]", "/b/c/", "x.log ", "!/a"),
    ]
)
RULES = st.lists(PATTERNS, max_size=4).map("\n".join)
PATHS = [
    *("keep.log", "x.log", "a/keep.log", "a/b/c/x.log", "a/c/keep.log", "b/c/x.log", "b/x.log"),
    *("build/a/x.log", "c/x.log", "#odd", "a/build"),
]


def git(folder: Path, *arguments: str) -> str:
    """What git says, whatever its exit status; nobody's own settings have a word in it."""
    bare = ["-c", "core.excludesFile=/dev/null", "-c", "core.ignoreCase=false"]
    return subprocess.run(
        ["git", *bare, *arguments], cwd=folder, capture_output=True, text=True, check=False
    ).stdout


@settings(max_examples=40)
@example("**/c\n!/a", "", "")
@example("*\n!**/c\n!*/", "b/**\n!b/**", "")
@given(RULES, RULES, RULES)
def test_as_git_has_it(
    tmp_path_factory: pytest.TempPathFactory, top: str, inner: str, deeper: str
) -> None:
    root = tmp_path_factory.mktemp("project")
    git(root, "init", "--quiet")
    for folder, rules in {".": top, "a": inner, "a/b": deeper}.items():
        (root / folder).mkdir(exist_ok=True)
        (root / folder / ".gitignore").write_text(rules)
    ignored = set(git(root, "check-ignore", "--no-index", *PATHS).splitlines())
    ours = {path for path in PATHS if excluded_by(root / path, [])}
    assert ours == {path.strip('"') for path in ignored}


def test_our_own_file_has_the_last_word(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.md\n")
    (tmp_path / ".fillwrightignore").write_text("!notes.md\nlegacy/\n")
    assert excluded_by(tmp_path / "other.md", [tmp_path]) == tmp_path / ".gitignore"
    assert excluded_by(tmp_path / "notes.md", [tmp_path]) is None
    assert excluded_by(tmp_path / "legacy" / "old.py", [tmp_path]) == tmp_path / ".fillwrightignore"


def test_rules_reach_from_the_repository_or_the_root_around_it(tmp_path: Path) -> None:
    inner = tmp_path / "repository" / "source"
    (inner.parent / ".git").mkdir(parents=True)
    (tmp_path / ".gitignore").write_text("*.log\n")
    (inner.parent / ".gitignore").write_text("*.tmp\n")
    assert excluded_by(inner / "x.tmp", [inner])
    assert excluded_by(inner / "x.log", [inner]) is None
    assert excluded_by(inner / "x.log", [tmp_path])


def test_outside_repositories_and_roots_nothing_is_excluded(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*\n")
    assert excluded_by(tmp_path / "x.py", []) is None


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    rules = tmp_path / ".gitignore"
    rules.write_text("a.py\n")
    assert excluded_by(tmp_path / "a.py", [tmp_path])
    rules.write_text("b.py and more\n")
    assert excluded_by(tmp_path / "a.py", [tmp_path]) is None


def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_bytes(b"\xff\xfe\n*.log\n")
    assert excluded_by(tmp_path / "x.log", [tmp_path])
