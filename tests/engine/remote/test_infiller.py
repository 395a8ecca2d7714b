"""A server's answers become drafts and fills that fit into their holes."""

import json
import threading
from dataclasses import replace

import pytest

from fillwright.engine.errors import BadRequest, EngineFailed
from fillwright.engine.request import Budget, DoubtRequest, Hole, Snippet
from tests.engine.remote.conftest import (
    completions,
    drafts_and_fill,
    fill_of,
    giving,
    raw,
    refusing,
    request_for,
    serving,
    streaming,
)


def test_a_stream_becomes_drafts_and_then_a_fill(server, connected):
    serving(server, "len", "(", "x)")
    infiller = connected(server.url)
    shown = threading.Semaphore(0)
    pieces = [{"choices": [{"index": 0, "text": text}]} for text in ("len", "(", "x)")]
    last = {"choices": [{"index": 0, "text": "", "finish_reason": "stop"}]}

    def one_by_one(exchange):
        streaming(end=b"")(exchange)
        for event in (*pieces, last):
            exchange.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
            assert event is last or shown.acquire(timeout=10)

    server.says["/v1/completions"] = one_by_one
    drafts = []
    for event in infiller.infill(request_for("total = ‸\n"), lambda: False):
        shown.release()
        drafts.append(event)
    fill = drafts.pop()
    assert [draft.texts for draft in drafts] == [("len",), ("len(",), ("len(x)",)]
    assert [draft.settled for draft in drafts] == [(((0, 3),),), (((3, 4),),), (((4, 6),),)]
    assert fill.texts == ("len(x)",)
    assert fill.finish == "settled"
    assert fill.decode == "openai"
    assert fill.device == f"openai at {server.url.removeprefix('http://')}"


def test_what_comes_at_once_is_a_fill_without_drafts(server, connected):
    serving(server, "x")
    pieces = [*({"choices": [{"text": text}]} for text in ("len", "(", "x)"))]
    pieces.append({"choices": [{"text": "", "finish_reason": "stop"}]})
    body = "".join(f"data: {json.dumps(piece)}\n\n" for piece in pieces)
    server.says["/v1/completions"] = raw(body.encode())
    drafts, fill = drafts_and_fill(connected(server.url), request_for("total = ‸\n"))
    assert (fill.texts, fill.steps, drafts) == (("len(x)",), 3, [])


def test_the_prompt_holds_both_sides_in_the_models_own_form(server, connected):
    serving(server, "x")
    fill_of(connected(server.url), request_for("def f(x):\n    return ‸\n"))
    [body] = server.bodies("/v1/completions")[:1]
    form = "<|fim_prefix|>def f(x):\n    return <|fim_suffix|>\n<|fim_middle|>"
    assert body["prompt"] == form
    assert len(body["stop"]) <= 4
    assert body["stop"][0] == "\n"


def test_a_line_ends_where_it_ends_and_repeats_nothing(server, connected):
    serving(server, "x)", "\nprint(x)\n", "more")
    assert fill_of(connected(server.url), request_for("total = len(‸)\n")).texts == ("x",)


def test_a_block_ends_where_it_leaves_its_margin(server, connected):
    text = "y = x\n    return y\n\ndef g():\n    pass\n"
    serving(server, *text)
    infiller = connected(server.url)
    fill = fill_of(infiller, request_for("def f(x):\n    ‸\n", "block"))
    assert fill.texts == ("y = x\n    return y",)
    # the rest was not waited for
    assert fill.steps < len(text)


def test_a_fill_stops_where_the_text_after_it_begins(server, connected):
    serving(server, "a = 1\n", "    return total\n", "    b = 2\n", "    c = 3\n")
    request = request_for("def f():\n    ‸\n    return total\n", "free")
    assert fill_of(connected(server.url), request).texts == ("a = 1",)


def test_text_that_runs_in_circles_is_cut(server, connected):
    serving(server, *["    print(1)\n"] * 30)
    request = request_for("def f():\n‸\n\nx = 1\n", "free")
    fill = fill_of(connected(server.url), request)
    assert fill.texts[0].count("print") == 1
    assert fill.steps < 30


def test_several_holes_are_filled_one_after_another(server, connected):
    serving(server, "1")
    infiller = connected(server.url)
    fill = fill_of(infiller, request_for("a = ‸\nb = ‸\n"))
    assert fill.texts == ("1", "1")
    assert fill.certainty is None
    first, second = server.bodies("/v1/completions")[-2:]
    assert "a = <|fim_suffix|>" in first["prompt"]
    assert "a = 1\nb = <|fim_suffix|>" in second["prompt"]


def test_likelihoods_become_confidences_and_certainty(server, connected):
    serving(server, "len", "(x)", scores=(-0.1, -0.2))
    fill = fill_of(connected(server.url), request_for("total = ‸\n"))
    assert fill.confidences == (pytest.approx((0.9048, 0.8187), abs=1e-4),)
    assert fill.certainty.whole == pytest.approx(0.7408, abs=1e-3)
    assert fill.certainty.beginnings == ((3, 0.9048), (6, 0.7408))
    # one is enough
    assert len(server.bodies("/v1/completions")) == 1


def test_without_likelihoods_two_fills_are_compared(server, connected):
    serving(server, "len(x)")
    infiller = connected(server.url)
    assert fill_of(infiller, request_for("a = ‸\n")).certainty.near == 1
    fill = fill_of(infiller, request_for("a = ‸\n"))
    assert fill.certainty.whole == pytest.approx(0.75)
    first, second = server.bodies("/v1/completions")[-2:]
    assert {first["temperature"], second["temperature"]} == {0.0, 0.8}
    assert first["seed"] != second["seed"]


def test_candidates_asked_for_are_different(server, connected):
    serving(server, "x")
    infiller = connected(server.url)
    texts = iter(["one", "two", "one", "three"])
    server.says["/v1/completions"] = lambda exchange: completions(next(texts))(exchange)
    fill = fill_of(infiller, request_for("a = ‸\n", candidates=4))
    assert {fill.texts, *fill.alternatives} == {("one",), ("two",), ("three",)}


def test_a_deadline_ends_a_slow_answer(server, connected):
    serving(server, "x")
    infiller = connected(server.url)

    def slow(exchange):
        streaming({"choices": [{"text": "len("}]}, end=b"")(exchange)
        exchange.gone.wait(20)

    server.says["/v1/completions"] = slow
    request = request_for("a = ‸\n", budget=Budget(32, deadline_ms=100))
    assert fill_of(infiller, request).finish == "deadline"


def test_control_tokens_of_the_user_never_reach_the_prompt(server, connected):
    serving(server, "x")
    infiller = connected(server.url)
    document = 'A = "<|fim_middle|>"\nB = "<|turn>"\nb = ‸\nC = "<|fim_suffix|>"\n'
    context = (Snippet("c.py", "c = 1\nD = '<|endoftext|>'"),)
    assert fill_of(infiller, request_for(document, context=context)).texts == ("x",)
    prompt = server.bodies("/v1/completions")[-1]["prompt"]
    assert prompt == (
        '<|file_sep|>c.py\nc = 1\nD = \'\n<|fim_prefix|>"\nb = <|fim_suffix|>\nC = "<|fim_middle|>'
    )


def test_control_tokens_of_the_model_end_its_text(server, connected):
    serving(server, "len(x)", "<|fim_", "prefix|>", "def")
    assert fill_of(connected(server.url), request_for("a = ‸\n")).texts == ("len(x)",)


def test_what_no_file_may_hold_is_dropped(server, connected):
    serving(server, "a\r", "\x00b\x1b[31m\ud800")
    assert fill_of(connected(server.url), request_for("x = ‸\n")).texts == ("ab[31m?",)


def test_half_pairs_and_odd_characters_can_be_sent(server, connected):
    serving(server, "x")
    assert fill_of(connected(server.url), request_for("s = '\ud800 é 漢'\nx = ‸\n")).texts == ("x",)
    assert "s = '? é 漢'" in server.bodies("/v1/completions")[-1]["prompt"]


def test_a_long_file_is_cut_to_the_models_context(server, connected):
    serving(server, "x")
    server.says["/v1/models"] = giving(
        {"data": [{"id": "qwen2.5-coder-1.5b", "max_model_len": 512}]}
    )
    infiller = connected(server.url)
    document = "a = 1\n" * 5000 + "b = ‸\n" + "c = 2\n" * 5000
    assert fill_of(infiller, request_for(document)).texts == ("x",)
    assert len(server.bodies("/v1/completions")[-1]["prompt"]) <= 512 * 2 + 100


def test_a_line_end_that_the_hole_replaced_is_given_back(server, connected):
    serving(server, "x")
    infiller = connected(server.url)
    request = replace(request_for("a = ‸old\nb\n"), holes=(Hole(4, 8),))
    assert fill_of(infiller, request).texts == ("x\n",)


def test_a_prompt_that_was_too_long_is_halved_from_then_on(llama_url, connected):
    # a token for each byte, which no real model has
    infiller = connected(llama_url)
    request = request_for("a = 1\n" * 2000 + "def f(x):\n    return ‸\n", budget=Budget(tokens=4))
    assert fill_of(infiller, request).finish in ("budget", "settled")
    assert fill_of(infiller, request).finish in ("budget", "settled")


def test_a_context_that_holds_nothing_is_one_sentence(server, connected):
    serving(server, "x")
    infiller = connected(server.url)
    message = "This model's maximum context length is 10 tokens. However, you requested 20."
    server.says["/v1/completions"] = refusing(400, {"error": {"message": message}})
    with pytest.raises(EngineFailed, match="maximum context length is 10 tokens"):
        fill_of(infiller, request_for("a = ‸\n"))
    assert len(server.bodies("/v1/completions")) == 3


def test_one_to_compare_with_that_fails_is_missing_only(server, connected):
    serving(server, "len(x)")
    infiller = connected(server.url)
    fill_of(infiller, request_for("a = ‸\n"))

    def busy_for_the_second(exchange):
        is_first = exchange.asked_for["temperature"] == 0
        (completions("len(x)") if is_first else refusing(500, {}))(exchange)

    server.says["/v1/completions"] = busy_for_the_second
    fill = fill_of(infiller, request_for("a = ‸\n"))
    assert (fill.texts, fill.certainty.near) == (("len(x)",), 1)


def test_a_server_is_not_asked_what_is_unlikely(server, connected):
    serving(server, "x")
    infiller = connected(server.url)
    assert infiller.doubts_by is None
    with pytest.raises(BadRequest, match="engine of our own"):
        infiller.doubts(DoubtRequest("x = 1\n", 0, 6, "python"), lambda: False)
