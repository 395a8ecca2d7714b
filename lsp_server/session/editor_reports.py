"""What each editor's server held back lately and why, in a file that `fillwright doctor` reads.

One file per running server, in the engine's private folder. Holds names of documents and reasons,
nothing of any text. Nothing depends on the files: where one cannot be written, there is none.
"""

import asyncio
import json
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fillwright.engine.errors import FillwrightError
from fillwright.lsp_server.fills.status import Status
from fillwright.lsp_server.session.editor_process import is_running
from fillwright.lsp_server.suggestions.suppressions import Suppressions

logger = logging.getLogger(__name__)

DELAY_S = 1.0


class EditorReport:
    """This process's file, written `delay_s` after news, and only once for all that comes
    meanwhile. `folder` gives where; `status` gives the status at that moment."""

    def __init__(
        self,
        folder: Callable[[], Path],
        status: Callable[[], Status],
        suppressions: Suppressions,
        delay_s: float = DELAY_S,
    ) -> None:
        self.editor = ""
        self._folder = folder
        self._status = status
        self._suppressions = suppressions
        self._delay_s = delay_s
        self._due: asyncio.TimerHandle | None = None
        self._path: Path | None = None

    def schedule_write(self) -> None:
        """There is news."""
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(self._delay_s, self.write)

    def write(self) -> None:
        """Replace the file."""
        self._due = None
        report = {
            "pid": os.getpid(),
            "editor": self.editor,
            "status": asdict(self._status()),
            "suppressed": self._suppressions.to_json(),
        }
        try:
            path = self._folder() / f"editor-{os.getpid()}.json"
            new = path.with_suffix(".new")
            new.write_text(json.dumps(report), encoding="utf-8")
            new.replace(path)
        except (OSError, FillwrightError) as error:
            logger.debug("The report for the doctor cannot be written: %s", error)
        else:
            self._path = path

    def remove(self) -> None:
        """The server leaves."""
        if self._due is not None:
            self._due.cancel()
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink()


def editor_reports(folder: Path) -> list[dict[str, Any]]:
    """The reports of the servers that run, by process: `pid`, `editor`, `status` and `suppressed`
    as the command `fillwright.status` gives them. Those of servers that were killed are removed."""
    reports = []
    for path in sorted(folder.glob("editor-*.json")):
        try:
            report = json.loads(path.read_text(encoding="utf-8"))
            gone = not is_running(int(report["pid"]))
        except (OSError, ValueError, KeyError, TypeError):
            # another one was just replaced or removed, or is no report
            continue
        if gone:
            with suppress(OSError):
                path.unlink()
        else:
            reports.append(report)
    return reports
