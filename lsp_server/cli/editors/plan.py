"""What a setup would do: files to write and commands to run, as data that can be shown first.

Knows files; knows no editor and no terminal.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from fillwright.engine.errors import BadRequest
from fillwright.lsp_server.cli.diff import unified_diff
from fillwright.lsp_server.cli.source_file import SourceFile, read_source, write_source


@dataclass(frozen=True, slots=True)
class FileChange:
    """`path` is to hold `after`; `source` is what it holds now, None where there is no file."""

    path: Path
    source: SourceFile | None
    after: str

    @property
    def before(self) -> str:
        return self.source.text if self.source is not None else ""

    @property
    def diff(self) -> str:
        """The change as a unified diff."""
        names = (str(self.path) if self.source is not None else os.devnull, str(self.path))
        return unified_diff(self.before, self.after, *names)

    def write(self) -> Path | None:
        """Write the file at once or not at all; gives the backup of what was there before.

        BadRequest when the file changed since it was read, or cannot be written.
        """
        try:
            if self.source is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with self.path.open("x", encoding="utf-8", newline="") as new:
                    new.write(self.after)
                return None
            backup = next(path for path in _backups(self.path) if not os.path.lexists(path))
            shutil.copy2(self.path, backup)
        except OSError as error:
            raise BadRequest(f"{self.path} cannot be written ({error.strerror}).") from None
        write_source(self.source, self.after)
        return backup


@dataclass(frozen=True, slots=True)
class Plan:
    """What is left to do for an editor; `lacks` says why it is not set up even then and what only
    the user can do about it, and `then` are sentences about what comes after it."""

    changes: tuple[FileChange, ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()
    lacks: str | None = None
    then: tuple[str, ...] = ()

    @property
    def is_written(self) -> bool:
        """Whether everything is done that can be done here."""
        return not self.changes and not self.commands

    @property
    def is_done(self) -> bool:
        """Whether the editor is set up already."""
        return self.is_written and self.lacks is None


def existing(path: Path) -> SourceFile | None:
    """A configuration file, where there is one. BadRequest when it cannot be read."""
    return read_source(path) if os.path.lexists(path) else None


def changed(path: Path, source: SourceFile | None, after: str) -> tuple[FileChange, ...]:
    """The change that makes a file hold `after`: none where it does."""
    if source is not None and source.text == after:
        return ()
    return (FileChange(path, source, after),)


def with_block(text: str, comment: str, block: str) -> str:
    """`text` with our `block` of lines between two marks: replaced where it is, else at the end.

    `comment` begins a comment of the file's language. BadRequest when only one mark is there.
    """
    first, last = f"{comment} >>> fillwright setup\n", f"{comment} <<< fillwright setup\n"
    ours = f"{first}{block}{last}"
    if (first in text) != (last in text) or text.find(last) < text.find(first):
        raise BadRequest(
            "The marks `>>> fillwright setup` and `<<< fillwright setup` do not belong together; "
            "remove the one that is left, with the lines that were between them."
        )
    if first in text:
        return text[: text.index(first)] + ours + text[text.index(last) + len(last) :]
    if text and not text.endswith("\n"):
        text += "\n"
    return f"{text}\n{ours}" if text else ours


def _backups(path: Path) -> Iterator[Path]:
    return (path.with_name(f"{path.name}.bak{number}") for number in count(1))
