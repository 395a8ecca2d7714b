"""What leaves the machine, for every kind of server: the text around the hole, the context that the
request has, and nothing else of what the request knows."""

import json

import pytest

from fillwright.engine.request import Hole, InfillRequest, Snippet
from tests.engine.remote.adapters.test_vllm_diffusion import FakeVllm
from tests.engine.remote.conftest import completions, fill_of, giving, streaming

NEVER = {
    "document_key": "the-editors-key /home/somebody/project/main.py",
    "workspace": "the-workspace",
    "file_key": "the-files-key",
}
FAR = "far_away_from_the_hole = 1\n"
CONTEXT = Snippet("other.py", "known_from_another_file = 2")
BETWEEN = "x = 1\n" * 3000
DOCUMENT = f"{FAR}{BETWEEN}def f(x):\n    y = x\n    return y\n{BETWEEN}{FAR}"
START = DOCUMENT.index("    y = x")
LINES = Hole(START, START + len("    y = x\n    return y"))
PLACE = Hole(START, START)
WITH_PLACE_FOR_CONTEXT = {"llama.cpp", "openai", "vllm-diffusion", "chat", "mercury-edit"}


def answers(server):
    """Everything that any kind of server is asked."""
    chat = {"choices": [{"message": {"content": "```\nx\n```"}, "finish_reason": "stop"}]}
    server.says |= {
        "/props": giving({"default_generation_settings": {"n_ctx": 16384}}),
        "/v1/models": giving({"data": [{"id": "qwen2.5-coder", "max_model_len": 16384}]}),
        "/infill": giving({"content": "x", "stop": True}),
        "/v1/completions": completions("x"),
        "/v1/chat/completions": giving(chat),
        "/v1/fim/completions": completions("x"),
        "/v1/edit/completions": giving(chat),
        "/api/tags": giving({"models": [{"name": "qwen2.5-coder"}]}),
        "/api/show": giving({"capabilities": ["insert"]}),
        "/api/generate": streaming({"response": "x", "done": True}, form="{}\n", end=b""),
    }


KINDS = {
    "llama.cpp": ({"kind": "llama.cpp"}, PLACE, None),
    "openai": ({"kind": "openai"}, PLACE, None),
    "openai-suffix": ({"kind": "openai-suffix"}, PLACE, None),
    "ollama": ({"kind": "ollama"}, PLACE, None),
    "mistral": ({"kind": "mistral"}, PLACE, None),
    "mercury": ({"kind": "mercury"}, PLACE, None),
    "mercury-edit": ({"kind": "mercury"}, LINES, None),
    "chat": ({"kind": "openai", "instructions": True}, LINES, "double it"),
    "vllm-diffusion": ({"kind": "vllm-diffusion"}, PLACE, None),
}


@pytest.mark.parametrize("context", [(), (CONTEXT,)], ids=["without context", "with context"])
@pytest.mark.parametrize("kind", KINDS)
def test_only_what_is_around_the_hole_and_the_context_is_sent(server, connected, kind, context):
    answers(server)
    if kind == "vllm-diffusion":
        FakeVllm(server)
    settings, hole, instruction = KINDS[kind]
    request = InfillRequest(
        DOCUMENT, (hole,), "python", instruction=instruction, context=context, **NEVER
    )
    fill = fill_of(connected(server.url, **settings), request)
    assert fill.decode == kind
    sent = json.dumps(server.asked)
    assert "def f(x)" in sent or kind == "vllm-diffusion"
    assert FAR.strip() not in sent
    assert not any(word in sent for value in NEVER.values() for word in value.split())
    is_sent = CONTEXT.text in sent
    assert is_sent == (bool(context) and kind in WITH_PLACE_FOR_CONTEXT)
