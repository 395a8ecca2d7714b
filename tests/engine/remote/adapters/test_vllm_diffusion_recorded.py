"""What a real vLLM 0.32.0 answered, with a random DiffusionGemma (fixtures/engines)."""

from pathlib import Path

import pytest

from fillwright.engine.remote.connecting import look
from fillwright.engine.remote.settings import RemoteSettings
from tests.engine.remote.conftest import fill_of, raw, request_for
from tests.engine.remote.fake_vllm import FakeVllm

RECORDED = Path(__file__).parents[4] / "fixtures/engines"


def recorded(name, status=200):
    return raw((RECORDED / f"vllm-diffusiongemma-{name}.json").read_bytes(), status)


@pytest.fixture
def vllm(server):
    return FakeVllm(server)


def test_its_refusals_say_how_wide_its_canvas_is_and_how_many_tokens_it_knows(vllm, server):
    answers = iter([recorded("canvas", 400), recorded("vocabulary", 400)])
    server.says["/v1/completions"] = lambda exchange: next(answers)(exchange)
    canvas = look(RemoteSettings(server.url)).canvas
    assert (canvas.width, canvas.vocabulary) == (16, 272)


def test_its_canvas_becomes_a_fill_with_confidences(vllm, server, connected):
    infiller = connected(server.url, samples=1)
    server.says["/v1/completions"] = recorded("logprobs")
    fill = fill_of(infiller, request_for("a = ‸\n"))
    # ids 70, 71, 72 and 31, which are bytes to the fake's tokenizer
    assert fill.texts == ("FGH",)
    assert fill.confidences[0][:3] == pytest.approx((0.129, 0.0656, 0.0507), abs=1e-4)
