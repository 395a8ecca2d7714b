"""The language server: its state, its settings' life, and stdio. Handlers are in `handlers`."""

import asyncio
import logging
import os
import sys
from collections.abc import Coroutine
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from fillwright.engine.daemon.logs import SourceFree
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.prompt_format import takes_instructions
from fillwright.engine.remote.settings import RemoteSettings, url_for
from fillwright.engine.request import Draft, Snippet
from fillwright.lsp_server.context.context import Context
from fillwright.lsp_server.fills.fills import Ask, Fills
from fillwright.lsp_server.fills.status import Status, StatusLine
from fillwright.lsp_server.lsp import copilot, copilot_completions, handlers
from fillwright.lsp_server.lsp.configuration import Configuration
from fillwright.lsp_server.lsp.document_sync import NOTEBOOKS, FillwrightProtocol
from fillwright.lsp_server.lsp.drafts import DRAFT, draft_params
from fillwright.lsp_server.lsp.editor_process import when_gone
from fillwright.lsp_server.lsp.editor_reports import EditorReport
from fillwright.lsp_server.settings.settings import EngineSection, Settings
from fillwright.lsp_server.suggestions.suggestions import Suggestions
from fillwright.lsp_server.suggestions.suppressions import Suppressions
from fillwright.lsp_server.text.documents import DocumentStore
from fillwright.lsp_server.text.formatting import Formatting
from fillwright.lsp_server.text.notebooks import Notebooks
from fillwright.lsp_server.text.positions import PositionEncoding
from fillwright.lsp_server.text.reasons import Reason

if TYPE_CHECKING:
    from fillwright.engine.daemon.client import EngineClient

logger = logging.getLogger(__name__)

STATUS = "fillwright/status"
LOG_LEVEL = "FILLWRIGHT_LOG"


def serve(client_process_id: int | None = None) -> None:
    """Be a language server on stdin and stdout until the editor says exit or goes away, which is
    seen at stdin, or by the id of its process: `client_process_id`, or the one in `initialize`.

    Logs go to stderr, from the level in $FILLWRIGHT_LOG (warning). Exits as the protocol asks: 0
    after a shutdown request, else 1.
    """
    _set_up_logging(os.environ.get(LOG_LEVEL, "warning"))
    # the protocol keeps the real stdout for itself: a stray print would break it
    stdout = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    ls = FillwrightServer()
    if client_process_id is not None:
        when_gone(client_process_id, ls.leave)
    try:
        ls.start_io(stdout=stdout)
    finally:
        ls.report.remove()
    sys.exit(0 if ls.protocol.was_shut_down else 1)


class FillwrightServer(LanguageServer):
    """One editor's server: its documents, settings, fills and status."""

    protocol: FillwrightProtocol

    def __init__(self) -> None:
        super().__init__(
            "fillwright",
            version("fillwright"),
            protocol_cls=FillwrightProtocol,
            converter_factory=copilot.converter,
            notebook_document_sync=NOTEBOOKS,
        )
        self.documents = DocumentStore()
        self.context = Context(lambda uri: self.refusal(uri) is None)
        self.notebooks = Notebooks(self.documents.get)
        self.configuration = Configuration(self)
        self.status = StatusLine(self._tell_status)
        self.fills = Fills(
            self._engine_client,
            self.status,
            self._tell_draft,
            around=self.notebooks.around,
            context=self._context_of,
        )
        self.formatting: dict[str, Formatting] = {}
        self.suppressions = Suppressions(lambda: self.report.soon())
        self.report = EditorReport(_runtime_folder, lambda: self.status.status, self.suppressions)
        self.suggestions = Suggestions(
            self.fills, self.suppressions, self.in_background, self.speaks
        )
        self._engine: EngineClient | None = None
        self._background: set[asyncio.Task[Any]] = set()
        handlers.register(self)
        copilot_completions.register(self)

    @property
    def encoding(self) -> PositionEncoding:
        """What the editor's columns count."""
        return self.documents.encoding

    @property
    def settings(self) -> Settings:
        """What holds where no workspace folder says otherwise; the engine's are here."""
        return self.configuration.settings.everywhere

    def settings_of(self, uri: str) -> Settings:
        """What holds for a document."""
        return self.configuration.settings.of(uri)

    def takes_instructions(self) -> bool | None:
        """Whether the model does what it is told in words, as its checkpoint says, engine or not;
        None when that cannot be read."""
        settings = _engine_settings(self.settings.engine)
        return False if settings.remote else takes_instructions(settings.checkpoint)

    def refusal(self, uri: str) -> Reason | None:
        """Why the model must not see a document, or None."""
        # after `initialize` has been answered, which has less time than this takes
        from fillwright.lsp_server.privacy import secret_files

        roots = [folder.uri for folder in self.workspace.folders.values()]
        refused = secret_files.refusal(uri, roots, self.settings_of(uri).exclude)
        return None if refused is None else Reason(refused.code, refused.message)

    def speaks(self, uri: str, language: str) -> bool:
        """Whether suggestions come by themselves in a language of a document: as the settings say,
        else where the model has learnt it, as long as that is not known too."""
        chosen = self.settings_of(uri).languages.get(language)
        if chosen is not None:
            return chosen
        learnt = self.status.status.languages
        return learnt is None or language in learnt

    def _context_of(self, ask: Ask) -> tuple[Snippet, ...]:
        settings = self.settings_of(ask.document.uri).context
        if not settings.enabled:
            return ()
        self.context.visited(ask.document, ask.document.lf_lines.line_of(ask.holes[0].start))
        return self.context.snippets(ask.document, ask.holes, settings.characters)

    def take_up(self, params: types.InitializeParams) -> None:
        """Note what the editor says of itself in `initialize`."""
        chosen = self.workspace.position_encoding or types.PositionEncodingKind.Utf16
        name = chosen.value if isinstance(chosen, types.PositionEncodingKind) else chosen
        self.documents.encoding = PositionEncoding(name)
        self.configuration.take_up(params.initialization_options)
        if params.client_info is not None:
            self.report.editor = params.client_info.name
        if params.process_id is not None:
            when_gone(params.process_id, self.leave)

    async def configure(self, pushed: object = None) -> None:
        """Read the settings anew, `pushed` being what came with a notification, and follow what
        they change."""
        before = self.settings.engine
        await self.configuration.read(pushed)
        if self._engine is not None and self.settings.engine != before:
            await self.let_go()
            self.status.show(Status())
        if self.status.status.state == "stopped":
            self.preload()

    def preload(self) -> None:
        """Start the engine when it does not run, if the settings say so."""
        if self.settings.engine.preload and self.status.status.state not in ("loading", "busy"):
            self.in_background(self.status.follow(self._engine_client()))

    def in_background(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run `work` beside the requests; its failure is a bug and goes to the log."""
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background_done)

    async def let_go(self) -> None:
        """Stop what runs in the background and leave the engine to others."""
        for task in self._background:
            task.cancel()
        if self._engine is not None:
            await self._engine.aclose()
            self._engine = None

    def leave(self) -> None:
        """End this process at once: the editor is gone, and somebody else holds its stdin open."""
        self.report.remove()
        # an orderly end would wait for the thread that reads stdin
        os._exit(1)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log what pygls would show in a popup."""
        logger.error("A message could not be handled", exc_info=error)

    def _background_done(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("Background work failed", exc_info=error)

    def _engine_client(self) -> "EngineClient":
        if self._engine is None:
            # after `initialize` has been answered, which has less time than this takes
            from fillwright.engine.daemon.client import EngineClient

            self._engine = EngineClient(_engine_settings(self.settings.engine))
        return self._engine

    def _tell_draft(self, ask: Ask, draft: Draft) -> None:
        if self.settings_of(ask.document.uri).drafts.enabled:
            self.protocol.notify(DRAFT, draft_params(ask, draft, self.encoding))

    def _tell_status(self, status: Status) -> None:
        self.protocol.notify(STATUS, self.plain(status))
        self.report.soon()

    def plain(self, status: Status) -> dict[str, Any]:
        """A status as JSON; an engine that says nothing yet may have a checkpoint that does."""
        if status.instructions is None:
            status = replace(status, instructions=self.takes_instructions())
        return asdict(status)


def _runtime_folder() -> Path:
    from fillwright.engine.daemon.runtime_dir import default_folder, private_folder

    return private_folder(default_folder())


def _engine_settings(section: EngineSection) -> EngineSettings:
    checkpoint = Path(section.checkpoint).expanduser() if section.checkpoint else None
    remote = None
    if url := url_for(section.url, checkpoint):
        remote = RemoteSettings(
            url=url,
            kind=section.kind,
            model=section.model,
            template=section.template,
            key_variable=section.key_variable,
            plain_http=section.plain_http,
            samples=section.samples,
        )
    return EngineSettings(
        checkpoint, section.device, idle_seconds=section.idle_seconds, remote=remote
    )


def _set_up_logging(level: str) -> None:
    known = logging.getLevelNamesMapping().get(level.upper(), logging.WARNING)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(SourceFree("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=known, handlers=[handler])
    # pygls logs whole messages, and with them source code, from INFO on
    if known > logging.DEBUG:
        logging.getLogger("pygls").setLevel(max(known, logging.WARNING))
