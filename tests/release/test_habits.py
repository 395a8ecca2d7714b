"""What must agree before a release: versions, licences, and that every action is pinned."""

import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def first(pattern: str, path: str) -> str:
    """What the pattern's first group finds first in a file."""
    found = re.search(pattern, text(path), re.MULTILINE)
    assert found, (pattern, path)
    return found.group(1)


def test_every_file_says_the_same_version() -> None:
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    lock = json.loads(text("editors/vscode/package-lock.json"))
    said = {
        "command": first(r'^VERSION = "(\S+)"$', "engine/version.py"),
        "extension": json.loads(text("editors/vscode/package.json"))["version"],
        "lock": lock["version"],
        "lock's package": lock["packages"][""]["version"],
        "citation": first(r"^version: (\S+)$", "CITATION.cff"),
        "mason": first(r"pkg:pypi/fillwright@(\S+)", "editors/mason/package.yaml"),
        "emacs": first(r"^;; Version: (\S+)$", "editors/emacs/fillwright.el"),
        "changelog": first(r"^## \[(\d\S*)\]", "CHANGELOG.md"),
        "extension's changelog": first(r"^## (\d\S*)", "editors/vscode/CHANGELOG.md"),
    }
    assert set(said.values()) == {version}, said


def test_each_package_carries_the_licence() -> None:
    assert text("editors/nvim/LICENSE") == text("LICENSE")
    assert "Apache License" in text("LICENSE")


def test_actions_are_pinned_by_commit() -> None:
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    used = [
        (path.name, action)
        for path in workflows
        for action in re.findall(r"uses: (\S+)", path.read_text(encoding="utf-8"))
    ]
    assert len(used) > 10
    loose = [use for use in used if not re.search(r"^\./|@[0-9a-f]{40}$", use[1])]
    assert loose == []


def test_reports_come_with_what_the_doctor_says() -> None:
    for form in ("bug", "fill"):
        assert "fillwright doctor --json" in text(f".github/ISSUE_TEMPLATE/{form}.yml")
