"""An event loop on a thread of its own, for an owner that works without one.

Knows asyncio and threads; knows nothing of what runs there.
"""

import asyncio
import queue
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import aclosing
from typing import Any, TypeVar

Value = TypeVar("Value")
LOOK_S = 0.02


class Pump:
    """Runs coroutines until it is closed. `iterate` belongs to one thread at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="remote engine", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Value]) -> Value:
        """The result of `work`, or what it raises."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def iterate(
        self, values: AsyncGenerator[Value, None], unwanted: Callable[[], bool]
    ) -> Iterator[Value]:
        """The values as they come. It ends as soon as `unwanted` says so, which is asked every
        20 ms, or when it is closed; then what makes the values is cancelled."""
        arrived: queue.SimpleQueue[Value | BaseException | None] = queue.SimpleQueue()

        async def fetch() -> None:
            try:
                async with aclosing(values):
                    async for value in values:
                        arrived.put(value)
                arrived.put(None)
            except BaseException as error:
                arrived.put(error)
                if not isinstance(error, Exception):
                    raise

        fetching = asyncio.run_coroutine_threadsafe(fetch(), self._loop)
        try:
            while not unwanted():
                try:
                    value = arrived.get(timeout=LOOK_S)
                except queue.Empty:
                    continue
                if value is None:
                    return
                if isinstance(value, BaseException):
                    raise value
                yield value
        finally:
            fetching.cancel()

    def close(self) -> None:
        """Cancel what still runs, and stop."""
        self.run(self._cancel_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _cancel_all(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()
