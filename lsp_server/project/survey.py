"""The files of a folder that may be remembered, by names, sizes and ignore files: nothing is read.

Knows folders and what is kept out of them; knows no engine. Links are not followed.
"""

import os
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path, PurePosixPath
from stat import S_ISREG
from typing import NamedTuple

from fillwright.engine.memory.limits import FILE_BYTES, WORKSPACE_BYTES, WORKSPACE_FILES
from fillwright.engine.syntax.grammars import has_queries
from fillwright.engine.syntax.languages import language_of_file
from fillwright.lsp_server.privacy.ignore_files import IgnoreRules
from fillwright.lsp_server.privacy.secret_files import is_secret, refusal
from fillwright.lsp_server.settings.settings import ExclusionSettings

ENTRIES = 100_000
"""More files and folders are not looked at: the nearest to the root are."""
NOT_OURS = frozenset(
    (
        *("node_modules", "bower_components", "site-packages", "__pycache__", "__pypackages__"),
        *("dist", "build", "target", "vendor", "third_party", "venv"),
    )
)
"""Folders of other people's code, or of what programs write."""

Stamp = tuple[int, int]


class Found(NamedTuple):
    """A file by its key, which is its path below the root, and what shows that it has changed:
    when it was written, in nanoseconds, and its bytes."""

    key: str
    stamp: Stamp

    @property
    def folder(self) -> str:
        return self.key.rpartition("/")[0]


def survey(root: Path, inner: Collection[Path], exclude: ExclusionSettings) -> list[Found]:
    """The files of a resolved folder that may be remembered, those near the root first. `inner` are
    folders in it that are projects of their own. A home folder, and what is around one, is no
    project: it has none."""
    home = Path.home()
    rules = IgnoreRules.within(root)
    if root == home or root in home.parents or rules is None:
        return []
    own = {str(folder) for folder in inner}
    found, seen = list[Found](), 0
    folders = deque([("", rules)])
    while folders and seen < ENTRIES:
        below, rules = folders.popleft()
        for entry in _entries(root / below):
            seen += 1
            key = f"{below}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                if is_ours(entry.name) and entry.path not in own and _shown(rules, entry, exclude):
                    folders.append((f"{key}/", rules.below(entry.name)))
            elif is_source(entry.name) and (stamp := _stamp(entry)) is not None:
                secret = exclude.secret_files and _is_secret_name(entry.path)
                if not secret and _shown(rules, entry, exclude):
                    found.append(Found(key, stamp))
    return found


def chosen(found: Iterable[Found], near: Collection[str], taken: int = 0) -> list[Found]:
    """As many files as may be remembered beside `taken` bytes: those in the folders `near` first,
    then those that were written last."""
    ordered = sorted(found, key=lambda file: (file.folder not in near, -file.stamp[0], file.key))
    kept = list[Found]()
    for file in ordered[:WORKSPACE_FILES]:
        taken += file.stamp[1]
        if taken > WORKSPACE_BYTES:
            break
        kept.append(file)
    return kept


def is_admitted(root: Path, key: str, exclude: ExclusionSettings) -> bool:
    """Whether a survey would find a file of this key, whatever its size."""
    *folders, name = key.split("/")
    if not (all(map(is_ours, folders)) and is_source(name)):
        return False
    return refusal(root / key, [root], exclude) is None


def is_ours(folder: str) -> bool:
    """Whether people write in a folder of this name."""
    return not folder.startswith(".") and folder not in NOT_OURS


def is_source(name: str) -> bool:
    """Whether people write code in a file of this name."""
    return ".min." not in name and _is_code(os.path.splitext(name)[1])


@cache
def _is_code(suffix: str) -> bool:
    return bool(suffix) and has_queries(language_of_file(Path(f"a{suffix}")))


@lru_cache(maxsize=2**15)
def _is_secret_name(path: str) -> bool:
    return is_secret(PurePosixPath(path))


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from sorted(entries, key=lambda entry: entry.name)
    except OSError:
        # gone, or not ours to read
        return


def _shown(rules: IgnoreRules, entry: os.DirEntry[str], exclude: ExclusionSettings) -> bool:
    if not exclude.ignored_files:
        return True
    return rules.excluding(entry.name, is_folder=entry.is_dir(follow_symlinks=False)) is None


def _stamp(entry: os.DirEntry[str]) -> Stamp | None:
    """Of a file of a size that may be remembered."""
    try:
        stat = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    if not (S_ISREG(stat.st_mode) and 0 < stat.st_size <= FILE_BYTES):
        return None
    return stat.st_mtime_ns, stat.st_size
