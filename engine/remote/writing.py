"""Several fills of one hole, all asked for at once. Knows adapters and takes."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager, suppress

from fillwright.engine.errors import EngineFailed, FillwrightError
from fillwright.engine.remote.connection import LEFTOVER_S, Connection
from fillwright.engine.remote.question import Adapter, Question
from fillwright.engine.remote.take import Hole, Take


@contextmanager
def form_of(adapter: Adapter, host: str) -> Iterator[None]:
    """Raises `EngineFailed` where what an adapter reads has not the form that it knows."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EngineFailed(
            f"The engine at {host} answers in a form that is not {adapter.name}'s "
            f"({type(error).__name__}); look at fillwright.engine.kind."
        ) from error


async def written(
    adapter: Adapter, connection: Connection, questions: Sequence[Question], hole: Hole
) -> AsyncGenerator[tuple[int, Take], None]:
    """The states of every fill, with its number, as they come; all are asked for at once, and the
    connection of one that is over is closed. Of states that come at the same moment only the last
    is given. Raises what the first one does; of the others, which are there to be compared with it,
    those that fail are missing."""
    latest: dict[int, Take] = {}
    news = asyncio.Event()

    def tell(number: int, take: Take) -> None:
        latest[number] = take
        news.set()

    async def write(number: int, question: Question) -> None:
        take = Take(hole)
        with form_of(adapter, connection.host):
            async with aclosing(adapter.complete(connection, question)) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    take = take.then(piece)
                    tell(number, take)
                    if take.end is not None and piece.end is None:
                        return
                    if take.end is not None:
                        break
                # nothing follows the last piece, but then the connection can be kept
                with suppress(TimeoutError):
                    async with asyncio.timeout(LEFTOVER_S):
                        async for _ in pieces:
                            pass
        tell(number, take.closed())

    async def compare(number: int, question: Question) -> None:
        with suppress(FillwrightError):
            await write(number, question)

    async def write_all() -> None:
        first, *others = questions
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(write(0, first))
                for number, question in enumerate(others, 1):
                    group.create_task(compare(number, question))
        finally:
            news.set()

    writing = asyncio.create_task(write_all())
    try:
        while not writing.done():
            await news.wait()
            news.clear()
            while latest:
                yield latest.popitem()
        await writing
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    finally:
        writing.cancel()
