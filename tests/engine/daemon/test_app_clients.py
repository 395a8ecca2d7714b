"""What other people's clients really sent (`fixtures/clients`), to the real daemon over TCP."""

import asyncio
import http.client
import json
import os
import re
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from fillwright.engine.daemon import lifecycle
from fillwright.engine.daemon.client import EngineClient, EngineSettings
from fillwright.engine.daemon.runtime_dir import place_of

pytestmark = pytest.mark.e2e

CLIENTS = Path(__file__).parents[3] / "fixtures" / "clients"
TOKEN = "a-token-of-some-length"
PATIENCE_S = 120


@dataclass
class Answer:
    """What came back, as it came."""

    status: int
    text: str

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def events(self):
        """The data of a stream, whose last is OpenAI's end mark."""
        *events, last = re.findall("data: (.*)\n\n", self.text)
        assert last == "[DONE]"
        return [json.loads(event) for event in events]


def plain(client):
    """The head and the body that a client sent."""
    head, _, body = (CLIENTS / f"{client}.http").read_text(encoding="utf-8").partition("\n\n")
    return head.replace("TOKEN", TOKEN).split("\n"), body.rstrip("\n")


def body_of(client):
    return json.loads(plain(client)[1])


@pytest.fixture(scope="module")
def port(engine_folder):
    """The TCP port of a daemon whose model is ready."""
    settings = EngineSettings(runtime_dir=engine_folder / "tcp")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    started = subprocess.run(
        [
            *lifecycle._command(settings, place_of(settings)),
            *("--host", "127.0.0.1", "--port", str(port)),
        ],
        env={**os.environ, "FILLWRIGHT_TOKEN": TOKEN},
        stdout=subprocess.PIPE,
        check=True,
    )
    assert started.stdout == lifecycle.READY

    async def ready():
        async with asyncio.timeout(PATIENCE_S):
            while (await EngineClient(settings).health()).status == "loading":
                await asyncio.sleep(0.02)

    asyncio.run(ready())
    yield port
    asyncio.run(EngineClient(settings).stop())


@pytest.fixture
def send(port):
    """Sends a client's request byte by byte as it was, or with other fields in its body."""

    def send(client, **fields):
        head, body = plain(client)
        if fields:
            body = json.dumps(json.loads(body) | fields)
        head += [f"Host: 127.0.0.1:{port}", f"Content-Length: {len(body.encode())}"]
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
            connection.sendall(("\r\n".join(head) + "\r\n\r\n" + body).encode())
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            return Answer(answer.status, answer.read().decode())

    return send


def test_llama_vim_warms_the_cache_and_is_filled(send):
    warmed = send("llama.vim-warming")
    assert (warmed.status, warmed.json) == (200, {})
    answer = send("llama.vim")
    # it passes over every answer that this does not match, and reads flat fields
    assert re.search(r'"content"\s*:"', answer.text)
    assert set(answer.json) == set(body_of("llama.vim")["response_fields"])
    assert answer.json["timings/predicted_n"] > 0
    assert answer.json["content"]


def test_a_time_limit_costs_no_fill_its_first_line(send):
    limited = send("llama.vim", t_max_predict_ms=1, response_fields=[]).json
    unlimited = send("llama.vim", t_max_predict_ms=-1, response_fields=[]).json
    assert unlimited["stop_type"] == "eos"
    assert limited["content"].split("\n")[0] == unlimited["content"].split("\n")[0]


def test_llama_vscode_gets_a_list_with_what_its_status_bar_reads_and_a_healthy_server(send):
    answers = send("llama.vscode").json
    assert len(answers) == body_of("llama.vscode")["n_cmpl"]
    for answer in answers:
        assert answer["generation_settings"]["n_ctx"] > 0
        assert {"prompt_n", "prompt_ms", "predicted_n", "predicted_ms"} <= set(answer["timings"])
        assert answer["tokens_cached"] >= 0
    assert answers[0]["content"]
    assert send("llama.vscode-health").json["status"] == "ok"


@pytest.mark.parametrize("client", ["minuet", "openai-python-stream", "continue-deepseek"])
def test_a_stream_of_completions(send, client):
    answer = send(client)
    assert answer.status == 200
    first, *usage = answer.events
    assert first["choices"][0]["text"]
    assert first["object"] == "text_completion"
    wanted = body_of(client).get("stream_options", {}).get("include_usage", False)
    assert [event["usage"]["total_tokens"] > 0 for event in usage] == [True] * wanted


@pytest.mark.parametrize("client", ["openai-python", "openai-js"])
def test_a_completion(send, client):
    answer = send(client).json
    (choice,) = answer["choices"]
    assert choice["text"].strip()
    assert answer["usage"]["prompt_tokens"] > 0 < answer["usage"]["completion_tokens"]


def test_a_fill_in_the_middle_as_a_chat(send):
    (event,) = send("continue-fim").events
    (choice,) = send("litellm-codestral").json["choices"]
    assert event["choices"][0]["delta"]["content"] == choice["message"]["content"]
    assert choice["message"]["content"].strip()


@pytest.mark.parametrize("client", ["litellm-models", "openai-js-models"])
def test_the_models(send, client):
    assert [model["id"] for model in send(client).json["data"]] == ["fillwright-small"]


@pytest.mark.parametrize(
    "prompt",
    [
        "<fim_prefix>{}<fim_suffix>{}<fim_middle>",
        "<|fim_prefix|>{}<|fim_suffix|>{}<|fim_middle|>",
        "<PRE> {} <SUF>{} <MID>",
        "<｜fim▁begin｜>{}<｜fim▁hole｜>{}<｜fim▁end｜>",
    ],
)
def test_marks_of_other_models_are_the_same_request(send, prompt):
    said = body_of("openai-python")
    marked = send("openai-python", prompt=prompt.format(said["prompt"], said["suffix"]), suffix="")
    assert marked.json["choices"] == send("openai-python").json["choices"]


def test_a_guessed_language_is_that_which_might_have_been_said(send):
    guessed = send("openai-python").json["choices"]
    assert send("openai-python", language="python").json["choices"] == guessed
