"""The engine as the settings choose it: its client, and what its checkpoint says without it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.prompt_format import engine_takes_instructions
from fillwright.engine.remote.settings import RemoteSettings, url_for
from fillwright.lsp_server.settings.settings import EngineSection

if TYPE_CHECKING:
    from fillwright.engine.daemon.client import EngineClient


class EngineConnection:
    """Makes the client at its first use, by the settings that `section` gives then. The engine
    itself is shared with other editors."""

    def __init__(self, section: Callable[[], EngineSection]) -> None:
        self._section = section
        self._chosen = section()
        self._client: EngineClient | None = None

    def client(self) -> "EngineClient":
        """The client to use now."""
        if self._client is None:
            # after `initialize` has been answered, which has less time than this takes
            from fillwright.engine.daemon.client import EngineClient

            self._chosen = self._section()
            self._client = EngineClient(_engine_settings(self._chosen))
        return self._client

    @property
    def is_outdated(self) -> bool:
        """Whether the client is of another engine than the settings choose now."""
        return self._client is not None and self._section() != self._chosen

    def takes_instructions(self) -> bool | None:
        """Whether the model does what it is told in words, as its checkpoint or the settings say,
        engine or not; None when that cannot be read."""
        return engine_takes_instructions(_engine_settings(self._section()))

    async def close(self) -> None:
        """Close the client and leave the engine to others."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


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
