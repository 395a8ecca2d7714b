"""One request's events as an event loop sees them.

Knows the resident and asyncio; knows nothing of HTTP. The resident works on its own thread, so
every event crosses over to the loop that asked.
"""

import asyncio
from collections.abc import AsyncGenerator

from fillwright.engine.daemon.resident import Resident
from fillwright.engine.daemon.wire import Event
from fillwright.engine.errors import FillwrightError
from fillwright.engine.request import DoubtRequest, Draft, Infill, InfillRequest


class LiveFill:
    """A request of a user that the resident has taken. Must be made inside a running loop.

    Raises what `Resident.submit` raises.
    """

    def __init__(
        self, resident: Resident, request: InfillRequest | DoubtRequest, user: str = ""
    ) -> None:
        self._resident = resident
        self._loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._job = resident.submit(request, self._deliver, user)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Drafts, then one `Infill` or error; of doubts, themselves alone."""
        while True:
            event = await self._events.get()
            yield event
            if not isinstance(event, Draft):
                return

    async def outcome(self) -> Infill | FillwrightError:
        """The last of a fill's events alone."""
        async for event in self.events():
            if isinstance(event, Infill | FillwrightError):
                return event
        raise AssertionError("the events ended without a fill")

    def cancel(self) -> None:
        """Nobody wants this fill any more."""
        self._resident.cancel(self._job)

    def _deliver(self, event: Event) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._events.put_nowait, event)
