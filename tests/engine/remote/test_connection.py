"""Whatever a server answers, there is one sentence, no fill, and the next request works."""

import json
import re
import socket
import threading
import time

import pytest

from fillwright.engine.errors import EngineFailed, FillwrightError
from fillwright.engine.remote.connecting import connect
from fillwright.engine.remote.connection import PATIENCE
from fillwright.engine.remote.settings import RemoteSettings
from tests.engine.remote.conftest import (
    QUICK,
    completions,
    drafts_and_fill,
    fill_of,
    raw,
    refusing,
    request_for,
    serving,
    streaming,
)

ASKED = request_for("total = ‸\n")
PIECE = {"choices": [{"index": 0, "text": "x", "finish_reason": None}]}


def dying(exchange):
    streaming(PIECE, end=b"")(exchange)
    # a reset, not an end
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    exchange.rfile.close()
    exchange.connection.close()


def promising_more(exchange):
    raw(b"data: " + json.dumps(PIECE).encode() + b"\n\n", Content_Length="9999")(exchange)


def breaking_off(exchange):
    exchange.send_response(200)
    exchange.send_header("Content-Length", "9999")
    exchange.end_headers()
    exchange.wfile.write(b"data: " + json.dumps(PIECE).encode() + b"\n\n")
    exchange.close_connection = True


def stalling(exchange):
    streaming(PIECE, end=b"")(exchange)
    exchange.gone.wait(20)


def silent(exchange):
    exchange.gone.wait(20)


def endless(exchange):
    streaming(end=b"")(exchange)
    while not exchange.gone.is_set():
        exchange.wfile.write(b": still here\n\n" * 1000)


def fifty_megabytes(exchange):
    raw(b"x" * 50_000_000)(exchange)


HTML = raw(b"<html><body>It works!</body></html>", kind="text/html")
BAD = {
    "401": (refusing(401, {"error": {"message": "Invalid API Key"}}), "wants a key"),
    "404": (refusing(404, {"error": {"message": "no model x"}}), r"does not know .*no model x"),
    "422": (refusing(422, {"detail": "Unexpected fields: {'seed'}"}), "refuses .*Unexpected"),
    "500": (refusing(500, {"error": {"message": "out of memory"}}), "failed .*out of memory"),
    "500 without a word": (raw(b"", 500), r"failed \(500\)\.$"),
    "redirect": (refusing(302, {}, Location="http://elsewhere/"), "another address"),
    "html": (HTML, "something else than JSON"),
    "half a JSON": (raw(b'{"choices": [{"text": "x"'), "something else than JSON"),
    "half an event": (raw(b'data: {"choices": [{"te'), "something else than JSON"),
    "empty": (raw(b""), "empty answer"),
    "a list": (raw(b"[1, 2]"), "another form"),
    "numbers for texts": (
        streaming({"choices": [{"text": 7, "logprobs": {"content": [1]}}]}),
        "form",
    ),
    "invalid UTF-8": (raw(b'data: {"choices": [{"text": "\xff"}]}\n\n'), "not UTF-8"),
    "not unpackable": (raw(b"no gzip", Content_Encoding="gzip"), "unpacked"),
    "deep": (raw(b"[" * 200_000), "something else than JSON"),
    "another model than asked": (
        streaming({"model": "phi-4", **PIECE}),
        "with the model phi-4 in place of qwen",
    ),
    "an error in the stream": (streaming(PIECE, {"error": {"message": "lost"}}), "middle: lost"),
    "50 MB": (fifty_megabytes, "more than 4 MB"),
    "endless": (endless, "more than 4 MB"),
    "stalls": (stalling, "too slow"),
    "never answers": (silent, "too slow"),
    "dies": (dying, "broke off"),
    "breaks off": (breaking_off, "broke off"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_is_one_sentence_and_the_next_request_works(server, connected, name):
    serving(server, "len(x)")
    answer, sentence = BAD[name]
    infiller = connected(server.url, QUICK if sentence == "too slow" else PATIENCE)
    server.says["/v1/completions"] = answer
    with pytest.raises(FillwrightError, match=sentence) as error:
        fill_of(infiller, ASKED)
    assert re.fullmatch(r"[^\n]+[.!?]", str(error.value))
    assert server.url.removeprefix("http://") in str(error.value)
    server.says["/v1/completions"] = completions("len(x)")
    assert fill_of(infiller, ASKED).texts == ("len(x)",)


def test_a_model_that_is_endless_is_cut_off(server, connected):
    serving(server, "x")
    infiller = connected(server.url)

    def babbling(exchange):
        streaming(end=b"")(exchange)
        number = 0
        while not exchange.gone.is_set():
            number += 1
            piece = {"choices": [{"text": f"a{number} + "}]}
            exchange.wfile.write(f"data: {json.dumps(piece)}\n\n".encode())

    server.says["/v1/completions"] = babbling
    fill = fill_of(infiller, ASKED)
    assert fill.finish == "budget"
    assert len(fill.texts[0]) < 600


def test_another_model_than_asked_is_named_by_the_server_alone(server, connected):
    serving(server, "x", model="qwen2.5-coder-7b")
    infiller = connected(server.url)
    assert infiller.model_name == "qwen2.5-coder-7b"
    assert fill_of(infiller, ASKED).model == "qwen2.5-coder-7b"


def test_a_connection_that_breaks_before_an_answer_is_tried_once_more(server, connected):
    serving(server, "len(x)")
    infiller = connected(server.url, samples=1)
    tries = []

    def breaking_once(exchange):
        tries.append(exchange)
        if len(tries) == 1:
            exchange.close_connection = True
            return
        completions("len(x)")(exchange)

    server.says["/v1/completions"] = breaking_once
    assert fill_of(infiller, ASKED).texts == ("len(x)",)
    assert len(tries) == 2


def test_a_router_whose_server_broke_off_is_asked_once_more(server, connected):
    serving(server, "len(x)")
    infiller = connected(server.url, samples=1)
    answers = iter([refusing(502, {}), completions("len(x)"), refusing(502, {}), refusing(502, {})])
    server.says["/v1/completions"] = lambda exchange: next(answers)(exchange)
    assert fill_of(infiller, ASKED).texts == ("len(x)",)
    with pytest.raises(EngineFailed, match=r"failed \(502\)\."):
        fill_of(infiller, ASKED)
    assert next(answers, None) is None


def test_after_three_failures_nothing_is_sent_for_a_while(server, connected):
    serving(server, "len(x)")
    infiller = connected(server.url, samples=1)
    server.says["/v1/completions"] = refusing(500, {})
    for _ in range(3):
        with pytest.raises(EngineFailed):
            fill_of(infiller, ASKED)
    asked = len(server.asked)
    with pytest.raises(EngineFailed, match=r"does not answer; trying again in (20|19) s\.$"):
        fill_of(infiller, ASKED)
    assert len(server.asked) == asked
    assert "trying again" in infiller.warning


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_left_alone_as_long_as_it_asks(server, connected, status):
    serving(server, "len(x)")
    infiller = connected(server.url, samples=1)
    server.says["/v1/completions"] = refusing(status, {}, Retry_After="7")
    with pytest.raises(EngineFailed, match=r"is busy; trying again in 7 s\.$"):
        fill_of(infiller, ASKED)
    asked = len(server.asked)
    with pytest.raises(EngineFailed, match="is busy"):
        fill_of(infiller, ASKED)
    assert len(server.asked) == asked


def test_a_server_that_is_not_there_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(EngineFailed, match=r"cannot be reached \(Connection refused\); start it"):
        connect(RemoteSettings(url), patience=QUICK)


def test_cancelling_closes_the_connection(server, connected):
    serving(server, "x")
    infiller = connected(server.url, PATIENCE, samples=1)
    closed, writing = threading.Event(), threading.Event()

    def slow(exchange):
        streaming(PIECE, end=b"")(exchange)
        writing.set()
        # the other side's end
        exchange.rfile.read(1)
        closed.set()

    server.says["/v1/completions"] = slow
    _, fill = drafts_and_fill(infiller, ASKED, writing.is_set)
    assert fill.finish == "cancelled"
    assert closed.wait(10)


def test_requests_share_a_connection(server, connected):
    serving(server, "len(x)")
    infiller = connected(server.url, samples=1)
    callers = set()

    def keeping(exchange):
        callers.add(exchange.client_address)
        events = [PIECE, {"choices": [{"text": "", "finish_reason": "stop"}]}]
        body = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
        raw(f"{body}data: [DONE]\n\n".encode())(exchange)

    server.says["/v1/completions"] = keeping
    for _ in range(5):
        assert fill_of(infiller, ASKED).texts == ("x",)
    assert len(callers) == 1


def test_at_most_four_requests_are_in_flight(server, connected):
    serving(server, "x")
    infiller = connected(server.url, samples=9)
    infiller._gives_likelihoods = False
    lock, now, most = threading.Lock(), [0], [0]

    def counting(exchange):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.02)
        with lock:
            now[0] -= 1
        completions("x")(exchange)

    server.says["/v1/completions"] = counting
    fill_of(infiller, ASKED)
    assert most[0] <= 4
    assert len(server.bodies("/v1/completions")) == 9


def test_the_key_travels_in_a_header_and_stands_nowhere_else(
    server, connected, monkeypatch, caplog
):
    monkeypatch.setenv("MY_ENGINE_KEY", "sekret-value")
    serving(server, "x")
    infiller = connected(server.url, key_variable="MY_ENGINE_KEY")
    server.says["/v1/completions"] = refusing(401, {"error": "no"})
    with pytest.raises(FillwrightError, match="MY_ENGINE_KEY") as error:
        fill_of(infiller, ASKED)
    assert all(
        headers["Authorization"] == "Bearer sekret-value" for _, _, headers, _ in server.asked
    )
    assert "sekret-value" not in str(error.value) + repr(infiller) + caplog.text
