"""Suggestions while typing, on an engine that says what the test tells it to.

In the sources `‸` is the cursor. The real engine answers in `tests/e2e`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fillwright.engine.errors import EngineUnavailable
from fillwright.engine.infill.typed_pins import UNDER_WAY, LastCanvas, Rest
from fillwright.engine.request import Infill, InfillRequest
from fillwright.lsp_server.fills.inflight import Superseded
from fillwright.lsp_server.text.changes import TextChange

NewUser = Callable[..., Any]
Settle = Callable[[], Awaitable[None]]


async def test_typing_what_is_shown_and_deleting_it_is_answered_from_memory(
    new_user: NewUser,
) -> None:
    user = new_user("x = ‸\n", says="one + two")
    assert await user.sees() == "x = «one + two»\n"
    user.type("one")
    assert await user.sees() == "x = one« + two»\n"
    user.backspace()
    assert await user.sees() == "x = on«e + two»\n"
    for _ in range(4):
        user.backspace()
    assert await user.sees() == "x «= one + two»\n"
    assert len(user.engine.asked) == 1


async def test_typing_something_else_asks_again(new_user: NewUser) -> None:
    user = new_user("x = ‸\n", says="one")
    await user.sees()
    user.type("t")
    user.engine.says = "wo"
    assert await user.sees() == "x = t«wo»\n"
    assert len(user.engine.asked) == 2


async def test_what_is_asked_after_typing_differs_by_that_alone(new_user: NewUser) -> None:
    """So an engine that denoises goes on from its canvas."""
    user = new_user("x = ‸\n", says="one + two")
    await user.sees()
    user.type("t")
    await user.sees()
    before, after = user.engine.asked
    assert LastCanvas(before, "one + two", ()).rest(after) == Rest(" + two", (), False, UNDER_WAY)


async def test_accepting_a_part_keeps_the_rest_of_a_whole_body(new_user: NewUser) -> None:
    body = "\n    total = a + b\n    return total"
    user = new_user("def add(a, b):\n    ‸\n", says=body, language="python")
    assert await user.sees() == "def add(a, b):\n    «total = a + b\n    return total»\n"
    user.change((user.cursor, user.cursor, "total = "))
    assert await user.sees() == "def add(a, b):\n    total = «a + b\n    return total»\n"
    user.change((user.cursor, user.cursor, "a + b\n    "))
    assert await user.sees() == "def add(a, b):\n    total = a + b\n    «return total»\n"
    assert len(user.engine.asked) == 1


async def test_all_typed_out_asks_again(new_user: NewUser) -> None:
    user = new_user("x = ‸\n", says="ab")
    await user.sees()
    user.type("ab")
    user.engine.says = " + c"
    assert await user.sees() == "x = ab« + c»\n"


async def test_by_hand_there_are_several_to_choose_from(new_user: NewUser) -> None:
    user = new_user("x = ‸\n", says="one")
    await user.ghosts()
    texts = [ghost.text for ghost in await user.ghosts(by_hand=True, candidates=3)]
    assert texts == ["one", "one 1", "one 2"]
    assert [request.candidates for request in user.engine.asked] == [1, 3]


async def test_ghost_text_goes_on_from_the_popups_item_or_is_not_shown(new_user: NewUser) -> None:
    user = new_user("os.pa‸\n", says=".join(a)")
    selected = TextChange(3, 5, "path")
    assert await user.sees(selected=selected) == "os.«path.join(a)»\n"
    (request,) = user.engine.asked
    assert request.document == "os.path\n"
    user = new_user("f(os.pa‸, b)\n", says="")
    assert await user.sees(selected=TextChange(5, 7, "path")) is None
    assert user.reasons == ["empty"]


async def test_the_popup_answers_at_once_and_has_the_fill_at_a_later_poll(
    new_user: NewUser,
) -> None:
    user = new_user("x = ‸\n", says="one")
    assert user.popup() == []
    assert user.engine.asked == []
    await asyncio.gather(*user.tasks)
    assert user.popup() == ["one"]
    user.type("o")
    assert user.popup() == ["ne"]
    assert len(user.engine.asked) == 1


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("def f():\n  ‸  return 1\n", "leading-white-space"),
        ("x" * 5001 + "\ny = ‸\n", "long-lines"),
        ("x" * 1_000_000 + "\ny = ‸\n", "too-large"),
        ("PK\0\3\ny = ‸\n", "binary"),
    ],
)
async def test_some_places_get_nothing_unless_asked_for_by_hand(
    new_user: NewUser, source: str, code: str
) -> None:
    user = new_user(source, says="one")
    assert await user.sees() is None
    assert user.popup() == []
    assert user.reasons == [code, code]
    assert user.engine.asked == []
    await user.sees(by_hand=True)
    assert len(user.engine.asked) == 1


async def test_a_blank_line_is_no_indentation(new_user: NewUser) -> None:
    user = new_user("def f():\n    ‸\n", says="one")
    assert await user.sees() == "def f():\n    «one»\n"


async def test_an_undo_is_followed_by_quiet_for_one_change(new_user: NewUser) -> None:
    user = new_user("x = ‸\n", says="one")
    user.change((4, 4, "two"))
    user.change((4, 7, ""))
    assert await user.sees() is None
    assert user.popup() == []
    assert user.reasons == ["after-undo", "after-undo"]
    user.type("q")
    assert await user.sees() == "x = q«one»\n"


async def test_a_slip_of_the_finger_keeps_what_was_shown_but_asks_for_nothing_new(
    new_user: NewUser,
) -> None:
    user = new_user("x = ‸\n", says="one")
    await user.sees()
    user.type("q")
    user.backspace()
    assert await user.sees() == "x = «one»\n"
    user = new_user("x = ‸\n", says="one")
    user.type("q")
    user.backspace()
    assert await user.sees() is None
    assert user.reasons == ["after-undo"]


async def test_several_cursors_get_nothing(new_user: NewUser) -> None:
    user = new_user("x = ‸\ny = \n", says="one")
    user.change((4, 4, "a"), (10, 10, "a"))
    assert await user.sees() is None
    assert user.reasons == ["several-places"]


async def test_an_editor_that_trims_the_line_above_has_one_cursor(new_user: NewUser) -> None:
    user = new_user("x = 1\n    ‸\ny = \n", says="one")
    user.change((10, 10, "\n"), (6, 10, ""))
    user.cursor = 7
    assert await user.sees() == "x = 1\n\n«one»\ny = \n"


async def test_moving_the_cursor_asks_for_nothing(new_user: NewUser) -> None:
    user = new_user("x = ‸\ny = \n", says="one")
    assert await user.sees() == "x = «one»\ny = \n"
    user.cursor = 9
    assert await user.sees() is None
    assert user.reasons == ["cursor-moved"]
    user.cursor = 4
    assert await user.sees() == "x = «one»\ny = \n"
    assert len(user.engine.asked) == 1
    user.cursor = 9
    user.type("1")
    assert await user.sees() == "x = \ny = 1«one»\n"


async def test_the_newest_request_wins_and_the_older_stops_the_engine(
    new_user: NewUser, settle: Settle
) -> None:
    user = new_user("x = ‸\n", says="one")
    user.engine.gate = asyncio.get_running_loop().create_future()
    older = asyncio.create_task(user.sees())
    await settle()
    user.type("q")
    newer = asyncio.create_task(user.sees())
    await settle()
    with pytest.raises(Superseded):
        await older
    assert user.engine.stopped == 1
    assert user.reasons == ["superseded"]
    user.engine.gate.set_result(None)
    assert await newer == "x = q«one»\n"


async def test_a_request_that_is_cancelled_stops_the_engine(
    new_user: NewUser, settle: Settle
) -> None:
    user = new_user("x = ‸\n", says="one")
    user.engine.gate = asyncio.get_running_loop().create_future()
    asked = asyncio.create_task(user.sees())
    await settle()
    asked.cancel()
    await settle()
    assert user.engine.stopped == 1


async def test_five_hundred_rapid_keystrokes_leave_no_backlog(
    new_user: NewUser, settle: Settle
) -> None:
    user = new_user("x = ‸\n", says="one")
    user.engine.seconds = 3.0
    await user.sees()
    user.waits = True
    asked = []
    for _ in range(500):
        user.type("q", interval=0.05)
        asked.append(asyncio.create_task(user.sees()))
        await asyncio.sleep(0)
    await settle()
    user.now += 1
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(outcome, Superseded) for outcome in outcomes[:-1])
    assert outcomes[-1] == "x = " + "q" * 500 + "«one»\n"
    # none while they typed faster than the engine answers, one at the end
    assert len(user.engine.asked) == 2


async def test_a_slow_engine_waits_for_a_pause_and_a_fast_one_does_not(new_user: NewUser) -> None:
    user = new_user("x = ‸\n", says="!")
    user.engine.seconds = 0.1
    await user.sees()
    user.type("abcdef", interval=0.2)
    await user.sees()
    assert user.slept == [0.0, 0.0]
    user.engine.seconds = 30.0
    user.type("g", interval=0.2)
    await user.sees()
    user.type("h", interval=0.2)
    await user.sees()
    assert user.slept[-1] == pytest.approx(0.3)
    user.type("i", interval=0.2)
    await user.sees(by_hand=True)
    assert len(user.slept) == 4


async def test_what_the_engine_says_is_the_reason_when_it_fails(new_user: NewUser) -> None:
    user = new_user("x = ‸\n")

    async def fail(request: InfillRequest, on_draft: object = None) -> Infill:
        raise EngineUnavailable("Start it first.")

    user.engine.fill = fail  # type: ignore[method-assign]
    assert await user.sees() is None
    (suppression,) = user.suppressions.to_json()
    assert (suppression["code"], suppression["message"]) == ("engine", "Start it first.")


@pytest.mark.parametrize(
    ("says", "code"), [("", "empty"), ("  ", "whitespace"), (")", "unchanged")]
)
async def test_a_fill_that_does_not_fit_has_a_reason(
    new_user: NewUser, says: str, code: str
) -> None:
    user = new_user("x = (1‸)\n", says=says)
    assert await user.sees() is None
    assert user.reasons == [code]
