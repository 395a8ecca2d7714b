"""Mercury, by a server that answers as its clients expect; no real one was met."""

from tests.engine.remote.conftest import completions, fill_of, request_for


def test_it_answers_like_a_completion_and_gets_no_empty_suffix(server, connected):
    server.says["/v1/fim/completions"] = completions("len(x)")
    infiller = connected(server.url, kind="mercury", samples=1)
    assert fill_of(infiller, request_for("a = ‸")).texts == ("len(x)",)
    [body] = server.bodies("/v1/fim/completions")
    assert body["model"] == "mercury-edit-2"
    assert (body["prompt"], body["suffix"]) == ("a = ", "<|endoftext|>")
