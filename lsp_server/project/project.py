"""The folders of one editor's workspace, kept in the engine's memory while the editor runs.

Knows URIs, documents and the engine's client; knows no protocol. Follows what is opened, typed and
saved; sends nothing while no engine runs, and starts none.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from fillwright.engine.daemon.client import EngineClient
from fillwright.engine.errors import FillwrightError
from fillwright.lsp_server.project.folder import ProjectFolder
from fillwright.lsp_server.project.keys import ProjectPlace, file_key, innermost
from fillwright.lsp_server.settings.settings import ExclusionSettings
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.positions import LINE_END
from fillwright.lsp_server.text.subscribers import DocumentEdit

logger = logging.getLogger(__name__)

TOGETHER_S = 1.0
"""What happens within so long is looked at once."""
SCAN_S = 20.0
WATCHED_SCAN_S = 600.0
"""Where the editor says which files change: it may miss some."""
BEAT_S = 60.0
"""How often the engine hears that somebody still works here."""


class Project:
    """`engine` gives the client to use at that moment; `tell` is called whenever the engine
    remembers another number of `files` of all folders. `is_watched`: the editor says which files
    change."""

    def __init__(
        self, engine: Callable[[], EngineClient], tell: Callable[[], None] = lambda: None
    ) -> None:
        self.is_watched = False
        self.files = 0
        self._engine = engine
        self._tell = tell
        self._folders: dict[Path, ProjectFolder] = {}
        self._tasks: dict[Path, asyncio.Task[None]] = {}
        self._news: dict[Path, asyncio.Event] = {}
        self._documents: dict[str, Document] = {}
        self._places: dict[str, tuple[Path | None, Path | None]] = {}

    def follow(self, folders: Mapping[Path, ExclusionSettings]) -> None:
        """These folders are the project's from now on, and these files are kept out of each. The
        engine forgets what was one when it sees that nobody works there: another editor may."""
        roots = {folder.resolve(): exclude for folder, exclude in folders.items()}
        for root in self._folders.keys() - roots.keys():
            self._leave(root)
        known = {root for root in roots if root in self._folders}
        for root, exclude in roots.items():
            inner = [other for other in roots if root in other.parents]
            if root in known:
                self._folders[root].keep_out(exclude, inner)
                continue
            self._folders[root] = ProjectFolder(root, exclude, inner)
            self._news[root] = asyncio.Event()
            self._tasks[root] = asyncio.get_running_loop().create_task(self._keep(root))
        if known != roots.keys():
            self._places.clear()
            for document in self._documents.values():
                self.opened(document)
        self.stir()

    def place_of(self, uri: str) -> ProjectPlace:
        """Where a document lies for the engine. One without a path belongs to the only folder."""
        root, path = self._place(uri)
        if root is None:
            return ProjectPlace()
        key = file_key(root, path) if path else ""
        return ProjectPlace(self._folders[root].workspace, key)

    def opened(self, document: Document) -> None:
        """A document's text is the editor's from now on."""
        self._documents[document.uri] = document
        root, path = self._place(document.uri)
        if root and path:
            self._folders[root].opened(file_key(root, path), document)
            self._news[root].set()

    def changed(self, edit: DocumentEdit) -> None:
        """It has another text now."""
        document = edit.after
        self._documents[document.uri] = document
        root, path = self._place(document.uri)
        if root and path:
            self._folders[root].changed(file_key(root, path), document, _line_of(edit))
            self._news[root].set()

    def closed(self, document: Document) -> None:
        """What is saved counts again."""
        self._documents.pop(document.uri, None)
        root, path = self._place(document.uri)
        if root and path:
            self._folders[root].closed(file_key(root, path))
            self._news[root].set()
        self._places.pop(document.uri, None)

    def written(self) -> None:
        """Files have changed on disk."""
        for folder in self._folders.values():
            folder.is_stale = True
        self.stir()

    def stir(self) -> None:
        """The engine has been at work, so it runs, and may be another one."""
        for news in self._news.values():
            news.set()

    def stop(self) -> None:
        """Follow nothing any more; the engine forgets what nobody works in."""
        for root in list(self._folders):
            self._leave(root)

    def _place(self, uri: str) -> tuple[Path | None, Path | None]:
        """The folder around a document and its path; without a path the only folder."""
        if uri not in self._places:
            from fillwright.lsp_server.privacy.secret_files import local_path

            path = local_path(uri)
            if path is None:
                only = next(iter(self._folders)) if len(self._folders) == 1 else None
                self._places[uri] = only, None
            else:
                path = path.resolve()
                self._places[uri] = innermost(self._folders, path), path
        return self._places[uri]

    def _leave(self, root: Path) -> None:
        self._tasks.pop(root).cancel()
        del self._news[root], self._folders[root]
        self._places.clear()
        self._count()

    async def _keep(self, root: Path) -> None:
        """Keep a folder in the engine's memory, until that is cancelled."""
        folder, news, clock = self._folders[root], self._news[root], asyncio.get_running_loop().time
        scanned_at = clock()
        while True:
            news.clear()
            if clock() - scanned_at > (WATCHED_SCAN_S if self.is_watched else SCAN_S):
                folder.is_stale = True
            if folder.is_stale:
                scanned_at = clock()
            waiting = 0
            try:
                waiting = (await folder.bring(self._engine())).to_remember
            except FillwrightError as error:
                logger.debug("The engine was not told of a folder: %s", error)
            except Exception:
                logger.exception("A folder cannot be kept in the engine's memory")
            self._count()
            patience_s = TOGETHER_S if folder.is_typed_in or waiting else BEAT_S
            try:
                async with asyncio.timeout(patience_s):
                    await news.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(TOGETHER_S)

    def _count(self) -> None:
        files = sum(folder.files for folder in self._folders.values())
        if files != self.files:
            self.files = files
            self._tell()


def _line_of(edit: DocumentEdit) -> int | None:
    """The line in which typing goes on after an edit, where that is known."""
    last = edit.changes[-1] if edit.changes else None
    if last is None or last.start is None:
        return None
    return last.start.line + len(LINE_END.findall(last.text))


def in_memory(files: int, shown_to_server: bool = False) -> str:
    """In words, how many files the engine remembers, and whether a model server is shown pieces of
    them; empty for none."""
    if not files:
        return ""
    known = "1 file" if files == 1 else f"{files} files"
    if shown_to_server:
        return f"Knows {known} of your project, in memory only; your model server is shown pieces."
    return f"Knows {known} of your project, which stay on this machine, in memory only."
