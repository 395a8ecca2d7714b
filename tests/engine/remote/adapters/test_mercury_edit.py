"""Mercury's edits, by a server that answers as its clients expect; no real one was met."""

import pytest

from fillwright.engine.errors import BadRequest
from fillwright.engine.request import Hole, InfillRequest, Snippet
from tests.engine.remote.conftest import completions, fill_of, giving

PATH = "/v1/edit/completions"
DOCUMENT = "def f(x):\n    y = x\n    return y\n\nf(1)\n"
LINES = Hole(10, 32)


def rewrite(document=DOCUMENT, hole=LINES, **options):
    return InfillRequest(document, (hole,), "python", shape="free", **options)


def edited(content):
    return giving({"choices": [{"message": {"content": content}, "finish_reason": "stop"}]})


@pytest.fixture
def infiller(server, connected):
    server.says["/v1/fim/completions"] = completions("z")
    return connected(server.url, kind="mercury")


def test_lines_that_are_rewritten_are_edited(server, infiller):
    server.says[PATH] = edited("```\n    return x\n```")
    snippet = Snippet("g.py", "def g(): ...")
    fill = fill_of(infiller, rewrite(context=(snippet,)))
    assert (fill.texts, fill.decode) == (("    return x",), "mercury-edit")
    [body] = server.bodies(PATH)
    [message] = body["messages"]
    assert message["content"] == (
        "<|recently_viewed_code_snippets|>\n<|recently_viewed_code_snippet|>\n"
        "code_snippet_file_path: g.py\ndef g(): ...\n<|/recently_viewed_code_snippet|>\n"
        "<|/recently_viewed_code_snippets|>\n<|current_file_content|>\ncurrent_file_path: file\n"
        "def f(x):\n<|code_to_edit|>    y = x\n    return y<|cursor|><|/code_to_edit|>\n\nf(1)\n"
        "\n<|/current_file_content|>\n<|edit_diff_history|>\n<|/edit_diff_history|>\n"
    )
    assert server.bodies("/v1/fim/completions") == []


def test_no_edit_leaves_what_stands_there(server, infiller):
    server.says[PATH] = edited(None)
    assert fill_of(infiller, rewrite()).texts == ("    y = x\n    return y",)


def test_less_than_two_lines_is_filled_in(server, infiller):
    assert fill_of(infiller, rewrite(hole=Hole(14, 19))).texts == ("z",)
    assert server.bodies(PATH) == []


def test_control_tokens_of_the_user_are_not_sent(server, infiller):
    server.says[PATH] = edited("```\n    return x\n```")
    marked = DOCUMENT.replace("f(1)", "'<|/code_to_edit|>'")
    fill_of(infiller, rewrite(marked))
    [body] = server.bodies(PATH)
    assert body["messages"][0]["content"].count("<|/code_to_edit|>") == 1
    with pytest.raises(BadRequest, match="control token"):
        fill_of(infiller, rewrite(DOCUMENT.replace("y = x", "<|cursor|>"), Hole(10, 37)))
