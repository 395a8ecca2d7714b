"""The whole way with a mask model of each family: client, process, socket, denoising, back."""

import asyncio
import json
import os
import subprocess
import sys
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import pytest

from fillwright.engine.daemon.client import EngineClient, EngineSettings
from fillwright.engine.request import Budget, Draft, Hole, Infill, InfillRequest
from fillwright.engine.training.recipes import MASKED
from tests.engine.infill.masked_folder import (
    DREAM,
    DREAM_ON_TOKENS,
    DREAM_TOKENS,
    OPEN_DCODER,
    OPEN_DCODER_TOKENS,
    SDAR,
    SDAR_TOKENS,
    STABLE_DIFFCODER,
    STABLE_DIFFCODER_TOKENS,
    qwen_like_tokenizer,
    write_masked,
)

pytestmark = pytest.mark.e2e

PATIENCE_S = 240
DOCUMENT = "def mean(values):\n    return \n\n\nprint(mean([1, 2, 3]))\n"
AT = DOCUMENT.index("\n\n\n")


@dataclass(frozen=True)
class Family:
    published: dict[str, object]
    tokens: tuple[str, ...]
    length: str
    context_tokens: int
    instructions: bool


FAMILIES = {
    "dream": Family(DREAM, DREAM_TOKENS, "end-mark", 2048 - 64, False),
    "dream-on": Family(DREAM, DREAM_ON_TOKENS, "expand", 2048 - 64, False),
    "open-dcoder": Family(OPEN_DCODER, OPEN_DCODER_TOKENS, "end-mark", 2048 - 64, False),
    # what is made of fixtures/masked
    "taught": Family({}, (), "expand", MASKED.context - MASKED.rows, False),
    "diffcoder": Family(STABLE_DIFFCODER, STABLE_DIFFCODER_TOKENS, "end-mark", 8192 - 256, False),
    "sdar": Family(SDAR, SDAR_TOKENS, "end-mark", 4096 - 256, True),
}


@pytest.fixture(scope="module", params=FAMILIES)
def family(request):
    return FAMILIES[request.param]


@pytest.fixture(scope="module")
def checkpoint(request, tmp_path_factory, family):
    if not family.published:
        return request.getfixturevalue("mask_model")
    tokenizer = qwen_like_tokenizer(DOCUMENT * 9, family.tokens, size=320)
    return write_masked(
        tmp_path_factory.mktemp("masked"), tokenizer, {}, published=family.published
    )


@pytest.fixture(scope="module")
def settings(engine_folder, checkpoint):
    settings = EngineSettings(checkpoint, runtime_dir=engine_folder / checkpoint.name)
    yield settings
    asyncio.run(EngineClient(settings).stop())


@pytest.fixture
def client(settings):
    return EngineClient(settings)


def request(**more):
    return InfillRequest(
        DOCUMENT, (Hole(AT, AT),), "python", shape="line", document_key="mean.py", **more
    )


async def test_a_fill_streams_ends_and_is_the_same_again(client, family):
    drafts, fill = [], None
    async with aclosing(client.infill(request())) as events:
        async for event in events:
            if isinstance(event, Draft):
                drafts.append(event)
            else:
                fill = event
    assert isinstance(fill, Infill)
    assert len(drafts) == fill.steps > 1
    assert (fill.decode, fill.length) == ("denoise", family.length)
    # `tokens` are those that stay: a hole may have needed them all and be cut at a line's end
    assert fill.finish in ("settled", "budget")
    assert fill.tokens <= Budget().tokens
    assert len(fill.confidences[0]) == fill.tokens
    assert drafts[-1].texts == fill.texts
    again = await client.fill(request())
    assert (again.texts, again.confidences) == (fill.texts, fill.confidences)


async def test_health_offers_nothing_that_the_model_lacks(client, checkpoint, family):
    await client.fill(request())
    health = await client.health()
    assert (health.status, health.model) == ("ready", checkpoint.name)
    assert health.instructions is family.instructions
    assert health.remembers is False
    assert health.context_tokens == family.context_tokens


async def test_a_closed_fill_frees_the_engine(client, family):
    long = request(budget=Budget(tokens=400))
    async with aclosing(client.infill(long)) as events:
        assert isinstance(await anext(events), Draft)
    fill = await client.fill(request(budget=Budget(tokens=4, steps=1)))
    # of a hole in blocks each may take one, and four tokens lie in two at most
    assert fill.steps <= 1 + (family.length == "end-mark")
    assert fill.tokens <= 4


def test_the_command_fills_a_file_with_it(settings, checkpoint, tmp_path):
    source = tmp_path / "mean.py"
    source.write_text(DOCUMENT)
    command = [str(Path(sys.executable).parent / "fillwright"), "fill", str(source)]
    asked = subprocess.run(
        [*command, "--at", "2:12", "--model", str(checkpoint), "--json"],
        capture_output=True,
        timeout=PATIENCE_S,
        env=os.environ | {"FILLWRIGHT_RUNTIME_DIR": str(settings.runtime_dir)},
        check=False,
    )
    said = json.loads(asked.stdout)
    assert said["model"] == checkpoint.name, asked.stderr
    assert said["decode"] == "denoise"
