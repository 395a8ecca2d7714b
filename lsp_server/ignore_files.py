"""What the user keeps out of a project: `.gitignore` and `.fillwrightignore`, as git reads them.

Knows paths and the files that are read; knows no editors. `.fillwrightignore` has the same syntax
and the last word: `!notes.md` in it takes a file back that `.gitignore` in its folder excludes.
Files that git tracks although they are ignored count as ignored.
"""

import re
from collections.abc import Iterable
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
    found: tuple[_State, ...] = ()
    below = top
    for part in path.relative_to(top).parts:
        found += tuple(_ignore_files_in(below))
        below /= part
        name = below.relative_to(top).as_posix() + "/" * (below != path)
        rules = _rules(found, top)
        verdict = rules.spec.check_file(name)
        # what lies in an excluded folder cannot be taken back
        if verdict.include and verdict.index is not None:
            return rules.files[verdict.index]
    return None


class _State(NamedTuple):
    """An ignore file as it was at a moment."""

    file: Path
    mtime_ns: int
    size: int


class _Rules(NamedTuple):
    """The patterns of several ignore files as those of one, and the file that each is from."""

    spec: GitIgnoreSpec
    files: tuple[Path, ...]


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


@lru_cache(maxsize=64)
def _rules(states: tuple[_State, ...], top: Path) -> _Rules:
    """The rules of files in one of their states, read once."""
    patterns, files = list[str](), list[Path]()
    for state in states:
        text = state.file.read_text(encoding="utf-8", errors="replace")
        folder = state.file.parent.relative_to(top).as_posix()
        for line in text.split("\n"):
            patterns.append(_from_top(line.rstrip("\r"), folder))
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
