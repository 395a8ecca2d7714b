"""What a real vLLM 0.32.0 answered, with a random Qwen2 (fixtures/engines)."""

from pathlib import Path

import pytest

from tests.engine.remote.conftest import drafts_and_fill, fill_of, raw, request_for, serving

RECORDED = Path(__file__).parents[4] / "fixtures/engines"


@pytest.fixture
def infiller(server, connected):
    serving(server, "x", model="tiny")
    return connected(server.url, samples=1, template="qwen")


def test_its_stream_is_read_to_its_end(server, infiller):
    stream = (RECORDED / "vllm-qwen2-stream.txt").read_bytes()
    server.says["/v1/completions"] = raw(stream, kind="text/event-stream; charset=utf-8")
    _, fill = drafts_and_fill(infiller, request_for("a = ‸\n"))
    # three bytes that are no character
    assert fill.texts == ("",)
    assert fill.finish == "budget"


def test_its_log_probabilities_become_confidences(server, infiller):
    answer = (RECORDED / "vllm-qwen2-logprobs.json").read_bytes()
    server.says["/v1/completions"] = raw(answer)
    fill = fill_of(infiller, request_for("a = ‸\n"))
    assert fill.texts == ("iii",)
    assert fill.confidences == (pytest.approx((0.00855, 0.00832, 0.00817), abs=1e-5),)
