"""A sample hole, filled by the engine: the proof at the end of a setup that everything works."""

import asyncio
import time
from dataclasses import dataclass

from fillwright.engine.daemon.client import EngineClient
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.errors import EngineFailed
from fillwright.engine.request import Budget, Hole, Infill, InfillRequest

BEFORE = '''\
class Shelf:
    def __init__(self, name, width):
        self.name = name
        self.width = width

    def set_name(self, name):
        """Give the shelf another name."""
        self.name = name

    def set_width(self, width):
        """Give the shelf another width."""
'''
AFTER = """

    def __repr__(self):
        return f"Shelf({self.name!r}, {self.width!r})"
"""
# after a line end: a fill begins with the indentation
HOLE = len(BEFORE) - 1


@dataclass(frozen=True, slots=True)
class Sample:
    """A filled sample: the milliseconds of the fill, and those until a fill was possible."""

    infill: Infill
    fill_ms: float
    waited_ms: float


def fill_sample(settings: EngineSettings) -> Sample:
    """Fill the sample hole, by an engine that is started when there is none.

    Raises what the client raises.
    """
    return asyncio.run(_fill(settings))


async def _fill(settings: EngineSettings) -> Sample:
    request = InfillRequest(
        document=BEFORE.removesuffix("\n") + AFTER,
        holes=(Hole(HOLE, HOLE),),
        language="python",
        budget=Budget(tokens=24),
        document_key="fillwright setup",
    )
    client = EngineClient(settings)
    began = time.perf_counter()
    try:
        infill = await client.fill(request)
    finally:
        await client.aclose()
    if infill.finish == "cancelled":
        raise EngineFailed("the engine stopped before the sample was filled; run setup again.")
    whole = (time.perf_counter() - began) * 1000
    fill_ms = infill.timings_ms.get("total", whole)
    return Sample(infill, fill_ms, max(whole - fill_ms, 0))
