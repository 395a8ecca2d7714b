"""Waiting for the engine, but not for ever: where a fill shows no life, the engine is looked at.

There is no limit to how long a fill may take, only to how long an engine may say nothing at all.
"""

import asyncio
from typing import TYPE_CHECKING

from fillwright.engine.errors import EngineUnavailable
from fillwright.engine.request import Draft, Infill, InfillRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from fillwright.engine.daemon.client import EngineClient

PATIENCE_S = 15.0
LOOKS_AT_A_START = 4
"""An engine that starts says nothing either, for a minute at most."""


async def watched_fill(
    engine: "EngineClient",
    request: InfillRequest,
    on_draft: "Callable[[Draft], None]",
    patience_s: float = PATIENCE_S,
) -> Infill:
    """The engine's fill. When no draft comes for `patience_s`, its health is asked for, and asked
    again as long as it is loading or ready.

    Raises what the client raises, and EngineUnavailable when the engine does not answer, or is
    not there and does not come.
    """
    alive = asyncio.Event()
    stopped = 0

    def show(draft: Draft) -> None:
        alive.set()
        on_draft(draft)

    fill = asyncio.ensure_future(engine.fill(request, show))
    try:
        while not (await asyncio.wait({fill}, timeout=patience_s))[0]:
            health = None if alive.is_set() else await engine.health()
            alive.clear()
            stopped = stopped + 1 if health is not None and health.status == "stopped" else 0
            if health is not None and health.status == "failed":
                raise EngineUnavailable(health.reason or "The engine does not answer; stop it.")
            if stopped == LOOKS_AT_A_START:
                raise EngineUnavailable("The engine left before it answered; ask again.")
        return fill.result()
    finally:
        if not fill.done():
            fill.cancel()
            await asyncio.wait({fill})
