"""The user's settings as an editor gives them: asked for, pushed, or sent with `initialize`.

Knows the protocol; what a setting means is not its matter.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from fillwright.lsp_server.lsp.convert import capability
from fillwright.lsp_server.settings.folders import FolderSettings
from fillwright.lsp_server.settings.reader import merged, read_settings
from fillwright.lsp_server.settings.settings import SECTION, Settings

logger = logging.getLogger(__name__)


class Configuration:
    """Reads the settings of one client, for everywhere and for each workspace folder."""

    def __init__(self, client: LanguageServer) -> None:
        self._client = client
        self._initialization_options: Mapping[str, Any] = {}
        self._told: set[str] = set()

    def initial(self, options: object) -> FolderSettings:
        """What came with `initialize`; complaints wait until messages may be sent."""
        if isinstance(options, Mapping):
            own = options.get(SECTION, options)
            self._initialization_options = own if isinstance(own, Mapping) else {}
        return FolderSettings(read_settings(self._initialization_options)[0])

    @property
    def can_be_read(self) -> bool:
        """Whether the editor answers when it is asked for its settings."""
        return bool(capability(self._client.client_capabilities, "workspace.configuration"))

    def watch(self) -> None:
        """Ask the editor to say when our settings change, where that has to be asked."""
        if not capability(
            self._client.client_capabilities,
            "workspace.did_change_configuration.dynamic_registration",
        ):
            return
        registration = types.Registration(
            id="fillwright-configuration",
            method=types.WORKSPACE_DID_CHANGE_CONFIGURATION,
            register_options=types.DidChangeConfigurationRegistrationOptions(section=SECTION),
        )
        self._client.client_register_capability(types.RegistrationParams([registration]))

    async def read(self, folders: Sequence[str], pushed: object = None) -> FolderSettings:
        """The settings as they are now; `folders` are the URIs of the workspace's folders.

        `pushed` is what came with a notification; it may be null or partial, so the editor is
        asked for the whole where it can be.
        """
        everywhere, *of_folders = await self._pulled(None, *folders)
        if everywhere is None and isinstance(pushed, Mapping):
            everywhere = pushed.get(SECTION)
        return FolderSettings(
            self._read(everywhere),
            {
                folder: self._read(merged(everywhere, raw))
                for folder, raw in zip(folders, of_folders, strict=True)
            },
        )

    def _read(self, raw: object) -> Settings:
        if raw is not None and not isinstance(raw, Mapping):
            # the complaint is about what the editor sent now; what it sent at the start still holds
            _, complaints = read_settings(raw)
            settings, _ = read_settings(self._initialization_options)
        else:
            settings, complaints = read_settings(merged(self._initialization_options, raw))
        new = [sentence for sentence in complaints if sentence not in self._told]
        self._told.update(new)
        if new:
            text = "Fillwright: " + " ".join(new)
            message = types.ShowMessageParams(types.MessageType.Warning, text)
            self._client.window_show_message(message)
        return settings

    async def _pulled(self, *scopes: str | None) -> list[Any]:
        """Our section as the editor has it for each scope, a folder's URI or None for everywhere;
        None where it does not say."""
        nothing = [None for _ in scopes]
        if not self.can_be_read:
            return nothing
        items = [types.ConfigurationItem(scope_uri=scope, section=SECTION) for scope in scopes]
        params = types.ConfigurationParams(items)
        try:
            answer = await asyncio.shield(self._client.workspace_configuration_async(params))
        except JsonRpcException as error:
            logger.warning("The editor did not give its configuration: %s", error)
            return nothing
        return [*(answer or ()), *nothing][: len(scopes)]
