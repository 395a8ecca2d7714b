"""What the user keeps out of a project: `.gitignore` and `.fillwrightignore`, as git reads them.

Knows paths and the files that are read; knows no editors. `.fillwrightignore` has the same syntax
and the last word: `!notes.md` in it takes a file back that `.gitignore` in its folder excludes.
Files that git tracks although they are ignored count as ignored.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from pathspec import GitIgnoreSpec

IGNORE_FILES = (".gitignore", ".fillwrightignore")
LARGEST_FILE = 1_000_000
SPECIAL = re.compile(r"([\\*?\[\]!# ])")


def excluded_by(path: Path, roots: Iterable[Path]) -> Path | None:
    """The ignore file that excludes an absolute `path`, or None.

    Those between the file and its git repository, or the workspace root around it, whichever lies
    further out, are looked at; none for a file outside both.
    """
    top = _top(path, roots)
    if top is None:
        return None
    *folders, name = path.relative_to(top).parts
    rules = IgnoreRules.at(top)
    for folder in folders:
        # what lies in an excluded folder cannot be taken back
        if (excluding := rules.excluding(folder, is_folder=True)) is not None:
            return excluding
        rules = rules.below(folder)
    return rules.excluding(name, is_folder=False)


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """What the ignore files from `top` down to a folder exclude in it; `path` is its place below
    the top, as the rules have it."""

    top: Path
    path: str
    found: "tuple[_State, ...]"

    @classmethod
    def at(cls, top: Path) -> "IgnoreRules":
        """Those in the top itself."""
        return cls(top, "", tuple(_ignore_files_in(top)))

    @classmethod
    def within(cls, folder: Path) -> "IgnoreRules | None":
        """Those that hold in a folder, from its git repository down to it, or in it alone; None
        where they exclude the folder."""
        top = _top(folder / "any", [folder]) or folder
        rules = cls.at(top)
        for name in folder.relative_to(top).parts:
            if rules.excluding(name, is_folder=True) is not None:
                return None
            rules = rules.below(name)
        return rules

    def below(self, name: str) -> "IgnoreRules":
        """Those that hold in a folder of this one."""
        path = f"{self.path}{name}/"
        return IgnoreRules(self.top, path, self.found + tuple(_ignore_files_in(self.top / path)))

    def excluding(self, name: str, *, is_folder: bool) -> Path | None:
        """The ignore file that excludes a file or folder in this one, or None."""
        if not self.found:
            return None
        return _rules(self.found, self.top).excluding(self.path + name + "/" * is_folder)


class _State(NamedTuple):
    """An ignore file as it was at a moment."""

    file: Path
    mtime_ns: int
    size: int


class _Rules(NamedTuple):
    """The patterns of several ignore files as those of one, and the file that each is from."""

    spec: GitIgnoreSpec
    files: tuple[Path, ...]

    def excluding(self, name: str) -> Path | None:
        """The file whose pattern, the last that names this very path, excludes it."""
        patterns = list(zip(self.spec.patterns, self.files, strict=True))
        for pattern, file in reversed(patterns):
            if pattern.regex is not None and _names(pattern.regex, name):
                return file if pattern.include else None
        return None


def _top(path: Path, roots: Iterable[Path]) -> Path | None:
    around = path.parents
    repository = next((folder for folder in around if (folder / ".git").exists()), None)
    tops = [root for root in (repository, *roots) if root is not None and root in around]
    return min(tops, key=lambda folder: len(folder.parts), default=None)


def _ignore_files_in(folder: Path) -> Iterable[_State]:
    for name in IGNORE_FILES:
        file = folder / name
        try:
            stat = file.stat()
        except OSError:
            continue
        if stat.st_size <= LARGEST_FILE:
            yield _State(file, stat.st_mtime_ns, stat.st_size)


def _names(regex: re.Pattern[str], name: str) -> bool:
    """Whether a pattern names a path itself. For pathspec one that names a folder names all that
    lies in it too, so that `!/a` would take back what another pattern excludes in `a`."""
    # pathspec's only group is the slash after a folder that is named
    if not regex.groupindex:
        return regex.search(name) is not None
    return any(found.end() == len(name) for found in regex.finditer(name))


@lru_cache(maxsize=64)
def _rules(states: tuple[_State, ...], top: Path) -> _Rules:
    """The rules of files in one of their states, read once."""
    patterns, files = list[str](), list[Path]()
    for state in states:
        text = state.file.read_text(encoding="utf-8", errors="replace")
        folder = state.file.parent.relative_to(top).as_posix()
        for line in text.split("\n"):
            if pattern := _from_top(line.rstrip("\r"), folder):
                patterns.append(pattern)
                files.append(state.file)
    return _Rules(GitIgnoreSpec.from_lines(patterns), tuple(files))


def _from_top(line: str, folder: str) -> str:
    """A line of an ignore file in `folder` as one of a file at the top."""
    if not line.strip() or line.startswith("#"):
        return ""
    negated = line.startswith("!")
    pattern = line[negated:]
    anchored = "/" in pattern.rstrip(" ").rstrip("/")
    prefix = "/" if folder == "." else "/" + SPECIAL.sub(r"\\\1", folder) + "/"
    within = pattern.removeprefix("/") if anchored else f"**/{pattern}"
    return "!" * negated + prefix + within
