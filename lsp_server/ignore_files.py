"""What the user keeps out of a project: `.gitignore` and `.fillwrightignore`, as git reads them.

Knows paths and the files that are read; knows no editors. `.fillwrightignore` has the same syntax
and the last word: `!notes.md` in it takes a file back that `.gitignore` in its folder excludes.
Files that git tracks although they are ignored count as ignored.
"""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from pathspec import GitIgnoreSpec

IGNORE_FILES = (".gitignore", ".fillwrightignore")
LARGEST_FILE = 1_000_000


def excluded_by(path: Path, roots: Iterable[Path]) -> Path | None:
    """The ignore file that excludes an absolute `path`, or None.

    Those between the file and its git repository, or the workspace root around it, whichever lies
    further out, are looked at; none for a file outside both.
    """
    top = _top(path, roots)
    if top is None:
        return None
    found: list[tuple[Path, GitIgnoreSpec]] = []
    below = top
    for part in path.relative_to(top).parts:
        found += _rules_in(below)
        below /= part
        excluding = _last_word(below, found, is_folder=below != path)
        # what lies in an excluded folder cannot be taken back
        if excluding is not None:
            return excluding
    return None


def _top(path: Path, roots: Iterable[Path]) -> Path | None:
    around = path.parents
    repository = next((folder for folder in around if (folder / ".git").exists()), None)
    tops = [root for root in (repository, *roots) if root is not None and root in around]
    return min(tops, key=lambda folder: len(folder.parts), default=None)


def _rules_in(folder: Path) -> list[tuple[Path, GitIgnoreSpec]]:
    rules = []
    for name in IGNORE_FILES:
        file = folder / name
        try:
            stat = file.stat()
        except OSError:
            continue
        if stat.st_size <= LARGEST_FILE:
            rules.append((file, _spec(file, stat.st_mtime_ns, stat.st_size)))
    return rules


@lru_cache(maxsize=256)
def _spec(file: Path, mtime_ns: int, size: int) -> GitIgnoreSpec:
    """The rules of a file in one of its states, read once."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return GitIgnoreSpec.from_lines(lines)


def _last_word(
    place: Path, rules: list[tuple[Path, GitIgnoreSpec]], *, is_folder: bool
) -> Path | None:
    excluding = None
    for file, spec in rules:
        name = place.relative_to(file.parent).as_posix() + "/" * is_folder
        verdict = spec.check_file(name).include
        if verdict is not None:
            excluding = file if verdict else None
    return excluding
