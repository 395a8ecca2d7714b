"""A client for the length of one command. Knows the engine's client only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fillwright.engine.daemon.client import EngineClient, EngineSettings
from fillwright.engine.errors import FillwrightError


@asynccontextmanager
async def client_for(settings: EngineSettings) -> AsyncIterator[EngineClient]:
    """The engine's client; an engine that turns out to have no model is stopped, for it is of no
    use to the next caller either."""
    client = EngineClient(settings)
    try:
        yield client
    except FillwrightError:
        if (await client.health()).status == "failed":
            await client.stop()
        raise
    finally:
        await client.aclose()
