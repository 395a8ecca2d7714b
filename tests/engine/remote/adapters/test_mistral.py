"""Codestral, by a server that answers as Mistral's client expects; no real one was met."""

from tests.engine.remote.conftest import fill_of, request_for, streaming


def test_it_is_asked_like_a_completion_and_answers_like_a_chat(server, connected, monkeypatch):
    monkeypatch.setenv("CODESTRAL_KEY", "k")
    server.says["/v1/fim/completions"] = streaming(
        {"choices": [{"delta": {"role": "assistant", "content": ""}, "finish_reason": None}]},
        {"choices": [{"delta": {"content": "len("}, "finish_reason": None}]},
        {"choices": [{"delta": {"content": "x)"}, "finish_reason": "stop"}]},
    )
    url = f"{server.url}/v1/fim/completions"
    infiller = connected(url, kind="mistral", key_variable="CODESTRAL_KEY", samples=1)
    # nothing is asked before the first fill
    assert server.asked == []
    assert fill_of(infiller, request_for("a = ‸\nb = 1\n")).texts == ("len(x)",)
    [(_, _, headers, body)] = server.asked
    assert headers["Authorization"] == "Bearer k"
    assert body == {
        "model": "codestral-latest",
        "prompt": "a = ",
        "suffix": "\nb = 1\n",
        "max_tokens": 32,
        "temperature": 0.0,
        "random_seed": 0,
        "stream": True,
        "stop": ["\n"],
    }
