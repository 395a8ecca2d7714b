"""llama.cpp's `/infill` and `/completion`: their fields in, their forms out."""

import json

import pytest

from fillwright.engine.request import Budget, Hole, Snippet

FIELDS = {
    "content": str,
    "tokens": list,
    "stop": bool,
    "model": str,
    "tokens_predicted": int,
    "tokens_evaluated": int,
    "generation_settings": dict,
    "prompt": str,
    "truncated": bool,
    "stop_type": str,
    "stopping_word": str,
    "tokens_cached": int,
    "timings": dict,
}
"""What llama.cpp's documentation says of an answer."""
TIMINGS = {
    f"{what}_{unit}"
    for what in ("prompt", "predicted")
    for unit in ("n", "ms", "per_token_ms", "per_second")
}


async def test_llama_cpp_infill_puts_the_prompt_after_the_prefix(http, infiller):
    answer = await http.post(
        "/infill",
        json={
            "id_slot": 0,
            "input_prefix": "def f():\n",
            "input_suffix": "\n",
            "input_extra": [{"filename": "other.py", "text": "x = 1\r\n"}],
            "prompt": "    ret",
            "n_predict": 16,
            "t_max_predict_ms": 250,
            "samplers": ["top_k"],
            "cache_prompt": True,
        },
    )
    body = answer.json()
    assert body["content"] == "DEF F():\n    RET\n"
    assert ": " not in answer.text, "llama.vim looks for a quote right after the colon"
    assert (body["stop"], body["stop_type"], body["tokens_predicted"]) == (True, "eos", 2)
    [request] = infiller.requests
    assert request.document == "def f():\n    ret\n"
    assert request.holes == (Hole(16, 16),)
    assert request.context == (Snippet("other.py", "x = 1\n"),)
    assert request.budget == Budget(16, line_deadline_ms=250)


async def test_llama_cpp_warm_up_fills_nothing(http, infiller):
    answer = await http.post(
        "/infill", json={"input_prefix": "a", "input_suffix": "b", "n_predict": 0}
    )
    assert answer.json()["content"] == ""
    assert infiller.requests == []


async def test_an_answer_has_the_fields_that_llama_cpp_documents(http):
    answer = (await http.post("/infill", json={"input_prefix": "ab", "prompt": "c"})).json()
    assert {name: type(answer[name]) for name in FIELDS} == FIELDS
    assert answer["prompt"] == "c"
    assert answer["generation_settings"]["n_ctx"] == 448
    assert (answer["tokens_evaluated"], answer["tokens_cached"]) == (7, 3)
    assert set(answer["timings"]) == TIMINGS | {"cache_n"}
    timings = answer["timings"]
    assert (timings["prompt_n"], timings["cache_n"], timings["predicted_n"]) == (4, 3, 2)
    assert (timings["prompt_ms"], timings["prompt_per_token_ms"]) == (8, 2)
    assert (timings["predicted_ms"], timings["predicted_per_second"]) == (4, 500)
    warmed = (await http.post("/infill", json={"input_prefix": "ab", "n_predict": 0})).json()
    assert {name: type(warmed[name]) for name in FIELDS} == FIELDS
    assert set(warmed["timings"].values()) == {0}


async def test_the_fields_that_are_wanted_come_flat(http, infiller):
    infiller.allow(3)
    wanted = ["content", "timings/prompt_n", "truncated", "nothing", "content/x", ""]
    body = {"input_prefix": "ab", "response_fields": wanted}
    answer = await http.post("/infill", json=body)
    assert answer.json() == {"content": "AB", "timings/prompt_n": 4, "truncated": False}
    answer = await http.post("/infill", json=body | {"n_predict": 0, "response_fields": [""]})
    assert answer.json() == {}


async def test_several_candidates_are_a_list(http, infiller):
    infiller.allow(6)
    body = {"input_prefix": "ab"}
    for name in ("n_cmpl", "n"):
        answer = (await http.post("/infill", json=body | {name: 3})).json()
        assert [each["content"] for each in answer] == ["AB", "candidate 2", "candidate 3"]
        assert [each["index"] for each in answer] == [0, 1, 2]
    assert [request.candidates for request in infiller.requests] == [3, 3]
    refused = await http.post("/infill", json=body | {"n_cmpl": 0})
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("said", "meant"), [(250, 250), (0.5, 0.5), (0, None), (-1, None), (None, None)]
)
async def test_the_time_to_predict_is_what_a_line_needs_at_least(http, infiller, said, meant):
    await http.post("/infill", json={"input_prefix": "a", "t_max_predict_ms": said})
    [request] = infiller.requests
    assert (request.budget.deadline_ms, request.budget.line_deadline_ms) == (None, meant)


@pytest.mark.parametrize(
    ("finish", "stop", "content", "stop_type", "word"),
    [
        ("settled", [], "AB; CD", "eos", ""),
        ("budget", [], "AB; CD", "limit", ""),
        ("deadline", [], "AB; CD", "limit", ""),
        ("budget", "; ", "AB", "word", "; "),
        ("settled", "AB", "", "word", "AB"),
        ("settled", ["CD", ";", ""], "AB", "word", ";"),
    ],
)
async def test_how_a_fill_ended_is_told(http, infiller, finish, stop, content, stop_type, word):
    infiller.finish = finish
    answer = (await http.post("/infill", json={"input_prefix": "ab; cd", "stop": stop})).json()
    assert (answer["content"], answer["stop_type"], answer["stopping_word"]) == (
        content,
        stop_type,
        word,
    )


async def test_a_stream_says_the_text_and_then_all_the_rest(http):
    answer = await http.post("/infill", json={"input_prefix": "ab", "stream": True})
    *events, rest = answer.text.split("\n\n")
    first, last = [json.loads(event.removeprefix("data: ")) for event in events]
    assert (first["content"], first["stop"], rest) == ("AB", False, "")
    assert (last["content"], last["stop"], last["stop_type"]) == ("", True, "eos")


@pytest.mark.parametrize("path", ["/completion", "/completions"])
async def test_a_completion_has_nothing_after_it(http, infiller, path):
    answer = await http.post(path, json={"prompt": ["ab"], "n_predict": 8, "model": "any"})
    assert answer.json()["content"] == "AB"
    assert infiller.requests[0].document == "ab"


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("/infill", {}, "lacks 'input_prefix'"),
        ("/infill", {"input_prefix": 5}, "5 is no str"),
        ("/infill", {"input_prefix": "a", "input_extra": [{}]}, "lacks 'text'"),
        ("/completion", {}, "lacks 'prompt'"),
    ],
)
async def test_what_cannot_be_served_gets_a_sentence(http, path, body, sentence):
    answer = await http.post(path, json=body)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]["message"]
