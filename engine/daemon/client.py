"""The client of the engine daemon: fills over a private socket, starting the daemon on demand.

Knows nothing of models or of the language server. Imports no torch, and little else, because the
language server's process loads it.
"""

from collections.abc import AsyncIterator, Callable

from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.daemon.wire import Health
from fillwright.engine.request import Draft, Infill, InfillRequest

__all__ = ["EngineClient", "EngineSettings", "Health"]


class EngineClient:
    """One editor's view of the daemon that `settings` names. Safe to share between tasks.

    Every method may raise `EngineUnavailable` when the daemon cannot be started or reached.
    """

    def __init__(self, settings: EngineSettings) -> None:
        raise NotImplementedError

    async def infill(self, request: InfillRequest) -> AsyncIterator[Draft | Infill]:
        """Drafts as they denoise, then exactly one `Infill`.

        Starts the daemon when there is none and waits for the model to load. Closing the
        generator, or cancelling the task that reads it, stops the work within one denoise step.
        Raises `BadRequest`, `CheckpointError` or `EngineFailed`.
        """
        raise NotImplementedError
        yield

    async def fill(
        self, request: InfillRequest, on_draft: Callable[[Draft], None] | None = None
    ) -> Infill:
        """The finished fill; `on_draft` sees every draft before it. Raises as `infill` does."""
        raise NotImplementedError

    async def health(self) -> Health:
        """How the daemon is. Starts nothing."""
        raise NotImplementedError

    async def start(self) -> Health:
        """Start the daemon when there is none; tries a failed load again. Does not wait for the
        model."""
        raise NotImplementedError

    async def stop(self) -> bool:
        """Stop the daemon; false when there is none."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Let go of what this client holds. The daemon lives on."""
        raise NotImplementedError
