"""The engines that the settings choose: their clients, and what a checkpoint says without one."""

from collections.abc import Callable
from pathlib import Path

from fillwright.engine.daemon.client import EngineClient
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.prompt_format import engine_renoises, engine_takes_instructions
from fillwright.engine.remote.settings import RemoteSettings, url_for
from fillwright.lsp_server.fills.fills import Kind
from fillwright.lsp_server.settings.settings import EngineSection


class EngineConnection:
    """Makes a client at its first use, by the settings that `section` gives then: one for what is
    suggested, and another one for what is asked for by hand if the settings choose so. The engines
    themselves are shared with other editors."""

    def __init__(self, section: Callable[[], EngineSection]) -> None:
        self._section = section
        self._chosen = section()
        self._client: EngineClient | None = None
        self._client_for_actions: EngineClient | None = None

    def client(self) -> EngineClient:
        """The client to use now for suggestions."""
        if self._client is None:
            self._client = self._new_client(self._section().use)
        return self._client

    def client_for(self, kind: Kind) -> EngineClient:
        """The client to use now for a kind of fill."""
        if kind != "edit" or not self.has_another_for_actions:
            return self.client()
        if self._client_for_actions is None:
            self._client_for_actions = self._new_client(self._section().use_for_actions)
        return self._client_for_actions

    @property
    def has_another_for_actions(self) -> bool:
        """Whether the settings choose another engine for what is asked for by hand."""
        section = self._section()
        return section.use_for_actions not in (None, section.use)

    @property
    def is_server(self) -> bool:
        """Whether suggestions come from a model server."""
        section = self._section()
        return _engine_settings(section.called(section.use)).remote is not None

    @property
    def is_outdated(self) -> bool:
        """Whether a client is of another engine than the settings choose now."""
        has_client = self._client is not None or self._client_for_actions is not None
        return has_client and self._section() != self._chosen

    def takes_instructions(self) -> bool | None:
        """Whether the model for what is asked for by hand does what it is told in words, as its
        checkpoint or the settings say, engine or not; None when that cannot be read."""
        return engine_takes_instructions(self._for_actions())

    def renoises(self) -> bool | None:
        """The same of whether it can keep a text but for its least likely tokens."""
        return engine_renoises(self._for_actions())

    async def close(self) -> None:
        """Close the clients and leave the engines to others."""
        for client in (self._client, self._client_for_actions):
            if client is not None:
                await client.aclose()
        self._client = self._client_for_actions = None

    def _for_actions(self) -> EngineSettings:
        section = self._section()
        return _engine_settings(section.called(section.use_for_actions or section.use))

    def _new_client(self, name: str | None) -> EngineClient:
        self._chosen = self._section()
        return EngineClient(_engine_settings(self._chosen.called(name)))


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
            instructions=section.instructions,
        )
    return EngineSettings(
        checkpoint, section.device, idle_seconds=section.idle_seconds, remote=remote
    )
