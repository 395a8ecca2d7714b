"""What is asked in words goes to a chat, and of its answer the code is taken."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.errors import BadRequest
from fillwright.engine.remote.adapters.chat import fenced
from fillwright.engine.request import Budget, Hole, InfillRequest
from tests.engine.remote.conftest import drafts_and_fill, fill_of, request_for, serving, streaming

DOCUMENT = "def f(x):\n    return x\n\nf(1)\n"
REWRITE = InfillRequest(
    DOCUMENT,
    (Hole(10, 22),),
    "python",
    shape="free",
    instruction="double it",
    budget=Budget(tokens=64),
)


def chat(*texts, finish="stop"):
    events = [{"choices": [{"delta": {"content": text}, "finish_reason": None}]} for text in texts]
    return streaming(*events, {"choices": [{"delta": {}, "finish_reason": finish}]})


@pytest.fixture
def instructed(server, connected):
    serving(server, "x")
    return connected(server.url, instructions=True)


def test_an_instruction_goes_to_the_chat_and_its_code_becomes_the_fill(server, instructed):
    server.says["/v1/chat/completions"] = chat(
        "Sure, here",
        " it is:\n``",
        "`python\n    y = 2 * x\n",
        "    return y\n",
        "```\nIt ",
        "works.",
    )
    drafts, fill = drafts_and_fill(instructed, REWRITE)
    assert fill.texts == ("    y = 2 * x\n    return y",)
    assert fill.decode == "chat"
    shown = {draft.texts for draft in drafts}
    assert shown <= {("    y = 2 * x",), ("    y = 2 * x\n    return y",)}
    [body] = server.bodies("/v1/chat/completions")
    _, message = (each["content"] for each in body["messages"])
    assert "def f(x):\n[HERE]\n\nf(1)\n" in message
    assert "is now:\n```\n    return x\n```" in message
    assert message.endswith("What must stand there: double it")


def test_a_place_to_be_renoised_is_written_again_by_what_is_said_of_it(server, instructed):
    server.says["/v1/chat/completions"] = chat("```\n    return 2 * x\n```")
    repair = replace(REWRITE, strength=1.0, instruction="put this right: x is doubled nowhere")
    assert fill_of(instructed, repair).texts == ("    return 2 * x",)
    [body] = server.bodies("/v1/chat/completions")
    assert body["messages"][-1]["content"].endswith(repair.instruction)
    with pytest.raises(BadRequest, match="cannot renoise"):
        fill_of(instructed, replace(repair, instruction=None))


def test_without_an_instruction_the_model_fills_in_as_ever(server, instructed):
    assert fill_of(instructed, request_for("a = ‸\n")).decode == "openai"
    assert not server.bodies("/v1/chat/completions")


def test_a_model_that_takes_none_gets_none(server, connected):
    serving(server, "x")
    assert fill_of(connected(server.url), REWRITE).decode == "openai"
    assert not server.bodies("/v1/chat/completions")


def test_a_selection_that_leaves_no_room_is_one_sentence(instructed):
    document = "x = 1\n" * 4000
    request = replace(REWRITE, document=document, holes=(Hole(0, len(document)),))
    with pytest.raises(BadRequest, match=r"4096 tokens, is too small for this.* select less"):
        fill_of(instructed, request)


def test_a_selection_with_a_control_token_is_not_sent_in_part(server, instructed):
    document = "a = '<|im_end|>'\nb = 1\n"
    request = replace(REWRITE, document=document, holes=(Hole(0, len(document)),))
    with pytest.raises(BadRequest, match="holds a control token"):
        fill_of(instructed, request)
    assert not server.bodies("/v1/chat/completions")


def test_a_chat_does_not_say_what_filling_in_gives(server, connected):
    serving(server, "x", scores=(-0.1,))
    infiller = connected(server.url, instructions=True)
    server.says["/v1/chat/completions"] = chat("```\n    return 2 * x\n```")
    assert fill_of(infiller, REWRITE).texts == ("    return 2 * x",)
    # one is still enough
    assert fill_of(infiller, request_for("a = ‸\n")).certainty.near == 1
    assert len(server.bodies("/v1/completions")) == 1


def test_llama_cpp_takes_the_request(llama_url, connected):
    fill = fill_of(connected(llama_url, instructions=True), REWRITE)
    assert fill.decode == "chat"


@pytest.mark.parametrize("said", ["I would rather not.", "```", "```python\n```", ""])
def test_an_answer_without_code_is_an_empty_fill(server, instructed, said):
    server.says["/v1/chat/completions"] = chat(said)
    assert fill_of(instructed, REWRITE).texts == ("",)


def test_code_that_was_cut_short_has_not_ended(server, instructed):
    server.says["/v1/chat/completions"] = chat("```\n    return x *", finish="length")
    fill = fill_of(instructed, REWRITE)
    assert fill.texts == ("    return x *",)
    assert fill.finish == "budget"


@given(st.text(alphabet="ab\n", max_size=30), st.lists(st.integers(1, 5), max_size=20))
def test_however_an_answer_is_cut_the_same_code_comes(code, sizes):
    said = f"Here:\n```python\n{code}\n```\nDone."
    pieces, left = [], said
    for size in sizes:
        pieces.append(left[:size])
        left = left[size:]
    seen = [fenced("".join(pieces[: count + 1]))[0] for count in range(len(pieces))]
    whole, is_closed = fenced(said)
    assert (whole, is_closed) == (code, True)
    for part in seen:
        assert f"{code}\n```".startswith(part)
