"""One editor's session: its documents and settings, and what is kept and done for them.

Knows no protocol. What a handler needs is one call here; what follows documents subscribes here.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from fillwright.engine.daemon.runtime_dir import default_folder, private_folder
from fillwright.engine.errors import BadRequest
from fillwright.engine.request import Draft, Snippet
from fillwright.lsp_server.context.context import Context
from fillwright.lsp_server.fills.fills import Ask, Fills, OnDraft
from fillwright.lsp_server.fills.inflight import Superseded
from fillwright.lsp_server.fills.status import Status, StatusLine
from fillwright.lsp_server.fills.unlikely import UnlikelyPlace
from fillwright.lsp_server.privacy import secret_files
from fillwright.lsp_server.project.keys import ProjectPlace
from fillwright.lsp_server.project.project import Project, in_memory
from fillwright.lsp_server.session.adapter_folder import adapter_folder
from fillwright.lsp_server.session.background import Background
from fillwright.lsp_server.session.document_changed import DocumentChanged
from fillwright.lsp_server.session.editor_formatting import FormattingMemory, formatting_in
from fillwright.lsp_server.session.editor_reports import EditorReport
from fillwright.lsp_server.session.engine_connection import EngineConnection
from fillwright.lsp_server.session.target_fill import Filled, ask_for, filled
from fillwright.lsp_server.session.targets import Complaint, EditorRange, Target, repairs, targets
from fillwright.lsp_server.session.unlikely_places import UnlikelyPlaces
from fillwright.lsp_server.settings.folders import FolderSettings
from fillwright.lsp_server.settings.settings import Settings
from fillwright.lsp_server.suggestions.suggestions import Suggestions
from fillwright.lsp_server.suggestions.suppressions import Suppressions
from fillwright.lsp_server.text.documents import Change, Document, DocumentStore
from fillwright.lsp_server.text.formatting import Formatting
from fillwright.lsp_server.text.notebooks import Notebooks
from fillwright.lsp_server.text.positions import Position
from fillwright.lsp_server.text.reasons import Reason
from fillwright.lsp_server.text.subscribers import DocumentEdit, DocumentSubscriber

logger = logging.getLogger(__name__)

SETTINGS_S = 3.0
"""An editor gives its settings in milliseconds; one that is busy may take longer, and none for
ever."""

CHARACTERS_PER_TOKEN = 3
"""Of code, with the tokenisers of models that have long windows: so many or more."""
NOT_OPEN = "This document is not open in the editor; open it first."


class Session:
    """Everything of one editor. `folders` are the URIs of its workspace's folders.

    `show_status` gets every new status, as `status_json` gives it, and `show_draft` every draft of
    a document whose settings want drafts. `show_unlikely` gets a document's unlikely places.
    """

    def __init__(
        self,
        show_status: Callable[[dict[str, Any]], None] = lambda status: None,
        show_draft: Callable[[Ask, Draft], None] = lambda ask, draft: None,
        show_unlikely: Callable[
            [Document, Sequence[UnlikelyPlace]], None
        ] = lambda document, places: None,
    ) -> None:
        self._show_status = show_status
        self._show_draft = show_draft
        self.folders: tuple[str, ...] = ()
        self.settings = FolderSettings()
        self._configured = asyncio.Event()
        self.engine = EngineConnection(lambda: self.settings.everywhere.engine)
        self.background = Background()
        self.documents = DocumentStore()
        self.notebooks = Notebooks(self.documents.get)
        self.formatting = FormattingMemory()
        self.status = StatusLine(self._status_changed)
        self.suppressions = Suppressions(lambda: self.report.schedule_write())
        self.report = EditorReport(_runtime_folder, lambda: self.status.status, self.suppressions)
        self.context = Context(lambda uri: self.refusal(uri) is None)
        self.project = Project(self.engine.client, self._tell_status)
        self.fills = Fills(
            self.engine.client_for,
            self.status,
            self._draft_came,
            around=self.notebooks.around,
            context=self._context_of,
            place=self._place_of,
        )
        self.suggestions = Suggestions(
            self.fills, self.suppressions, self.background.run, self.speaks
        )
        self.unlikely = UnlikelyPlaces(show_unlikely)
        self._subscribers: tuple[DocumentSubscriber, ...] = (
            self.context,
            self.unlikely,
            self.fills,
            self.suggestions,
            self.formatting,
            self.project,
        )

    def open(self, uri: str, language: str, version: int, text: str) -> None:
        """The editor opened a document; one that is already open starts afresh."""
        document = self.documents.open(uri, language, version, text)
        for subscriber in self._subscribers:
            subscriber.opened(document)

    def change(self, uri: str, version: int, changes: Sequence[Change]) -> None:
        """The editor changed a document; one that is not open is ignored."""
        before = self.documents.get(uri)
        if before is None:
            logger.warning("Ignoring a change of a document that is not open")
            return
        after = self.documents.change(uri, version, changes)
        edit = DocumentEdit(before, after, changes, self.documents.encoding)
        for subscriber in self._subscribers:
            subscriber.changed(edit)

    def close(self, uri: str) -> None:
        """The editor closed a document; one that is not open is ignored."""
        document = self.documents.get(uri)
        if document is None:
            return
        self.documents.close(uri)
        for subscriber in self._subscribers:
            subscriber.closed(document)

    def remember_formatting(self, uri: str, formatting: Formatting) -> None:
        """The editor said how it indents in a document; ignored where that is not open."""
        if self.documents.get(uri) is not None:
            self.formatting.remember(uri, formatting)

    def remember_formatting_in(self, params: object) -> None:
        """Remember how the editor indents in every document that a request's params speak of."""
        for uri, formatting in formatting_in(params):
            self.remember_formatting(uri, formatting)

    def settings_of(self, uri: str) -> Settings:
        """What holds for a document."""
        return self.settings.of(uri)

    def refusal(self, uri: str) -> Reason | None:
        """Why the model must not see a document, or None."""
        refused = secret_files.refusal(uri, self.folders, self.settings_of(uri).exclude)
        return None if refused is None else Reason(refused.code, refused.message)

    def speaks(self, uri: str, language: str) -> bool:
        """Whether suggestions come by themselves in a language of a document: as the settings say,
        else where the model has learnt it, as long as that is not known too."""
        chosen = self.settings_of(uri).languages.get(language)
        if chosen is not None:
            return chosen
        learnt = self.status.status.languages
        return learnt is None or language in learnt

    @property
    def is_configured(self) -> bool:
        """Whether the editor's settings are known."""
        return self._configured.is_set()

    async def until_configured(self) -> None:
        """Wait for the editor's settings, `SETTINGS_S` at most; from then on those that it gave at
        the start hold until it says more."""
        try:
            async with asyncio.timeout(SETTINGS_S):
                await self._configured.wait()
        except TimeoutError:
            logger.warning("The editor has not given its settings in %g s", SETTINGS_S)
            self._configured.set()

    def start(self, settings: FolderSettings, *, more_to_come: bool) -> None:
        """Follow the settings of the start; `more_to_come`: the editor is asked for its own."""
        self.settings = settings
        if not more_to_come:
            self._configured.set()

    async def configure(self, settings: FolderSettings) -> None:
        """Follow new settings: another engine is used, and one that does not run is started."""
        self.settings = settings
        self._configured.set()
        if self.engine.is_outdated:
            await self.shutdown()
            self.status.show(Status())
        self._follow_folders()
        if self.status.status.state == "stopped":
            self.preload()

    def preload(self) -> None:
        """Start the engine when it does not run, if the settings say so."""
        wanted = self.is_configured and self.settings.everywhere.engine.preload
        if wanted and self.status.status.state not in ("loading", "busy"):
            self.background.run(self.status.follow(self.engine.client()))

    async def shutdown(self) -> None:
        """Stop what runs in the background and leave the engine to others."""
        self.project.stop()
        self.background.cancel()
        await self.engine.close()

    def targets(
        self, uri: str, span: EditorRange, complaints: Sequence[Complaint] = (), *, asked: bool
    ) -> list[Target]:
        """What can be filled at a range of a document, and repaired where other servers complain;
        see `targets.targets`. Nothing where the document is not open or refused."""
        document = self.documents.get(uri)
        if document is None or self.refusal(uri) is not None:
            return []
        found = targets(document, span, self.documents.encoding, asked=asked)
        to_repair = repairs(document, complaints)
        if self.engine.takes_instructions() is False:
            found = [target for target in found if target.instruction is None]
            to_repair = [replace(target, instruction=None) for target in to_repair]
        if self.engine.renoises() is False:
            found, to_repair = [each for each in found if each.strength is None], []
        return found + to_repair

    async def fill(self, wanted: Sequence[Target], on_draft: OnDraft | None = None) -> Filled:
        """Fill the targets, all of one document, in one request.

        Raises BadRequest for targets that cannot be filled together, DocumentChanged when the
        document is not, or no longer, the one that was meant, and what the engine's client raises.
        """
        document = self._document_of(wanted)
        of_document = self.settings_of(document.uri)
        ask = ask_for(document, wanted, self.documents.encoding)
        ask, settings = replace(ask, watched=of_document.drafts.enabled), of_document.fill
        instructed = None
        if ask.instruction is not None:
            instructed = self.engine.takes_instructions() is not False
        try:
            infill = await self.fills.infill(ask, settings, on_draft)
        except Superseded:
            raise DocumentChanged("The document changed, or a newer fill was asked for") from None
        if self.documents.get(document.uri) is not document:
            raise DocumentChanged
        return filled(ask, infill, self.formatting.of(document.uri), instructed)

    def recall(self, uri: str, position: Position) -> bool:
        """Offer the last suggestion for a place once more, at the next request for ghost text
        there; false when there is none. Raises BadRequest when the document is not open."""
        document = self.documents.get(uri)
        if document is None:
            raise BadRequest(NOT_OPEN)
        cursor = document.lines.offset(position, self.documents.encoding)
        return self.suggestions.shown.recall(document, cursor)

    def status_json(self) -> dict[str, Any]:
        """The status as JSON; an engine that says nothing yet may have a checkpoint that does.
        `files` is how many of the workspace the engine remembers, and `memory` says so in words;
        `use` and `useForActions` are the engines that the settings choose by name."""
        status = self.status.status
        if status.instructions is None or self.engine.has_another_for_actions:
            status = replace(status, instructions=self.engine.takes_instructions())
        files, everywhere = self.project.files, self.settings.everywhere
        chosen = everywhere.engine
        return {
            **asdict(status),
            "files": files,
            "memory": in_memory(files, self.engine.is_server and everywhere.shows_other_files),
            "use": chosen.use,
            "useForActions": chosen.use_for_actions,
        }

    def _document_of(self, wanted: Sequence[Target]) -> Document:
        (uri, *others) = {target.uri for target in wanted}
        if others:
            raise BadRequest("Several places are filled together in one document only.")
        document = self.documents.get(uri)
        if document is None:
            raise BadRequest(NOT_OPEN)
        if (refused := self.refusal(uri)) is not None:
            raise BadRequest(refused.message)
        if any(target.version not in (None, document.version) for target in wanted):
            raise DocumentChanged
        return document

    def _context_of(self, ask: Ask) -> tuple[Snippet, ...]:
        settings = self.settings_of(ask.document.uri)
        bound = settings.privacy.context
        if bound == "none" or not settings.context.enabled:
            return ()
        self.context.visited(ask.document, ask.document.lf_lines.line_of(ask.holes[0].start))
        characters, within_file = settings.context.characters, bound == "file"
        files = settings.context.tokens * CHARACTERS_PER_TOKEN
        return self.context.snippets(ask.document, ask.holes, characters, within_file, files)

    def _draft_came(self, ask: Ask, draft: Draft) -> None:
        if self.settings_of(ask.document.uri).drafts.enabled:
            self._show_draft(ask, draft)

    def _place_of(self, document: Document) -> ProjectPlace:
        settings = self.settings_of(document.uri)
        adapter = adapter_folder(settings.adapter, document.uri, self.folders)
        if settings.memory != "on":
            return ProjectPlace(memory=settings.memory == "file", adapter=adapter)
        similar = settings.context.characters if settings.shows_other_files else 0
        place = self.project.place_of(document.uri)
        return replace(place, similar=similar, adapter=adapter)

    def _follow_folders(self) -> None:
        wanted = {}
        for uri in self.folders:
            path, settings = secret_files.local_path(uri), self.settings_of(f"{uri.rstrip('/')}/")
            if path is not None and settings.memory == "on":
                wanted[path] = settings.exclude
        self.project.follow(wanted)

    def _status_changed(self, status: Status) -> None:
        # the engine may be another one since the last fill
        self.project.stir()
        self._tell_status()

    def _tell_status(self) -> None:
        self._show_status(self.status_json())
        self.report.schedule_write()


def _runtime_folder() -> Path:
    return private_folder(default_folder())
