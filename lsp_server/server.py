"""The language server: its state, its settings' life, and stdio. Handlers are in `handlers`."""

import asyncio
import logging
import os
import sys
from collections.abc import Coroutine, Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.request import Draft
from fillwright.lsp_server import copilot, handlers
from fillwright.lsp_server.convert import capability
from fillwright.lsp_server.documents import DocumentStore
from fillwright.lsp_server.fills import Ask, Fills
from fillwright.lsp_server.positions import PositionEncoding
from fillwright.lsp_server.preview import DRAFT, draft_params
from fillwright.lsp_server.protocol import FillwrightProtocol
from fillwright.lsp_server.settings import SECTION, EngineSection, Settings, read_settings
from fillwright.lsp_server.status import Status, StatusLine
from fillwright.lsp_server.suggestions import Suggestions
from fillwright.lsp_server.suppressions import Suppressions

if TYPE_CHECKING:
    from fillwright.engine.daemon.client import EngineClient

logger = logging.getLogger(__name__)

STATUS = "fillwright/status"
LOG_LEVEL = "FILLWRIGHT_LOG"


def serve() -> None:
    """Be a language server on stdin and stdout until the editor says exit or goes away.

    Logs go to stderr, from the level in $FILLWRIGHT_LOG (warning). Exits as the protocol asks: 0
    after a shutdown request, else 1.
    """
    _set_up_logging(os.environ.get(LOG_LEVEL, "warning"))
    # the protocol keeps the real stdout for itself: a stray print would break it
    stdout = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    ls = FillwrightServer()
    ls.start_io(stdout=stdout)
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
        )
        self.documents = DocumentStore()
        self.settings = Settings()
        self.status = StatusLine(self._tell_status)
        self.fills = Fills(self._engine_client, self.status, self._tell_draft)
        self.suppressions = Suppressions()
        self.suggestions = Suggestions(self.fills, self.suppressions, self.in_background)
        self._engine: EngineClient | None = None
        self._initialization_options: Mapping[str, Any] = {}
        self._told: set[str] = set()
        self._background: set[asyncio.Task[Any]] = set()
        handlers.register(self)

    @property
    def encoding(self) -> PositionEncoding:
        """What the editor's columns count."""
        return self.documents.encoding

    def take_up(self, params: types.InitializeParams) -> None:
        """Note what the editor says of itself in `initialize`."""
        chosen = self.workspace.position_encoding or types.PositionEncodingKind.Utf16
        name = chosen.value if isinstance(chosen, types.PositionEncodingKind) else chosen
        self.documents.encoding = PositionEncoding(name)
        options = params.initialization_options
        if isinstance(options, Mapping):
            own = options.get(SECTION, options)
            self._initialization_options = own if isinstance(own, Mapping) else {}
            # complaints wait until messages may be sent
            self.settings, _ = read_settings(self._initialization_options)

    async def configure(self, pushed: object = None) -> None:
        """Read the settings anew and follow what they change.

        `pushed` is what came with a notification; it may be null or partial, so the editor is
        asked for the whole where it can be.
        """
        raw = await self._pulled()
        if raw is None and isinstance(pushed, Mapping):
            raw = pushed.get(SECTION)
        before = self.settings.engine
        self.settings, complaints = read_settings(
            {**self._initialization_options, **raw}
            if isinstance(raw, Mapping)
            else raw or self._initialization_options
        )
        self._complain(complaints)
        if self._engine is not None and self.settings.engine != before:
            await self.let_go()
            self.status.show(Status())
        if self.status.status.state == "stopped":
            self.preload()

    def preload(self) -> None:
        """Start the engine when it does not run, if the settings say so."""
        if self.settings.engine.preload and self.status.status.state not in ("loading", "busy"):
            self.in_background(self.status.follow(self._engine_client()))

    def watch_configuration(self) -> None:
        """Ask the editor to say when our settings change, where that has to be asked."""
        if not capability(
            self.client_capabilities, "workspace.did_change_configuration.dynamic_registration"
        ):
            return
        registration = types.Registration(
            id="fillwright-configuration",
            method=types.WORKSPACE_DID_CHANGE_CONFIGURATION,
            register_options=types.DidChangeConfigurationRegistrationOptions(section=SECTION),
        )
        self.client_register_capability(types.RegistrationParams([registration]))

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

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log what pygls would show in a popup."""
        logger.error("%s", error, exc_info=error)

    def _background_done(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("Background work failed", exc_info=error)

    async def _pulled(self) -> object:
        if not capability(self.client_capabilities, "workspace.configuration"):
            return None
        params = types.ConfigurationParams([types.ConfigurationItem(section=SECTION)])
        try:
            answer = await asyncio.shield(self.workspace_configuration_async(params))
        except JsonRpcException as error:
            logger.warning("The editor did not give its configuration: %s", error)
            return None
        return answer[0] if answer else None

    def _complain(self, complaints: tuple[str, ...]) -> None:
        new = [sentence for sentence in complaints if sentence not in self._told]
        self._told.update(new)
        if new:
            self.window_show_message(
                types.ShowMessageParams(types.MessageType.Warning, "Fillwright: " + " ".join(new))
            )

    def _engine_client(self) -> "EngineClient":
        if self._engine is None:
            # after `initialize` has been answered, which has less time than this takes
            from fillwright.engine.daemon.client import EngineClient

            self._engine = EngineClient(_engine_settings(self.settings.engine))
        return self._engine

    def _tell_draft(self, ask: Ask, draft: Draft) -> None:
        if self.settings.drafts.enabled:
            self.protocol.notify(DRAFT, draft_params(ask, draft, self.encoding))

    def _tell_status(self, status: Status) -> None:
        self.protocol.notify(STATUS, asdict(status))


def _engine_settings(section: EngineSection) -> EngineSettings:
    checkpoint = Path(section.checkpoint).expanduser() if section.checkpoint else None
    return EngineSettings(checkpoint, section.device, idle_seconds=section.idle_seconds)


def _set_up_logging(level: str) -> None:
    known = logging.getLevelNamesMapping().get(level.upper(), logging.WARNING)
    logging.basicConfig(level=known, format="%(levelname)s %(name)s: %(message)s")
    # pygls logs whole messages, and with them source code, from INFO on
    if known > logging.DEBUG:
        logging.getLogger("pygls").setLevel(max(known, logging.WARNING))
