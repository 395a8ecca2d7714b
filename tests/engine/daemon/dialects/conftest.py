"""A client of the real application over the scripted model."""

import httpx
import pytest

from fillwright.engine.daemon.access import BearerToken
from fillwright.engine.daemon.app import build_app
from fillwright.engine.daemon.metrics import Metrics

PATIENCE_S = 20


@pytest.fixture
async def http(resident, infiller):
    infiller.allow(3)
    transport = httpx.ASGITransport(BearerToken(build_app(resident, Metrics()), {}))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://engine", timeout=PATIENCE_S
    ) as http:
        yield http
