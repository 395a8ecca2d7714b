"""What stood between such contexts before is shown while the model still writes.

In the sources `‸` is the cursor.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fillwright.engine.request import Certainty, Draft

NewUser = Callable[..., Any]
Settle = Callable[[], Awaitable[None]]


def stood(text: str, whole: float) -> Draft:
    certainty = Certainty(whole, 0.0, ((len(text), whole),), whole, 0.0, 0)
    return Draft(0, 32, (text,), ((),), certainty)


def user_of(new_user: NewUser, whole: float, says: str = "one") -> Any:
    """Somebody whose engine knows that `one` stood there, and has yet to write what it `says`."""
    user = new_user("x = ‸\n", says=says)
    user.engine.first = stood("one", whole)
    user.engine.gate = asyncio.get_running_loop().create_future()
    return user


async def test_what_is_sure_enough_is_shown_before_the_model_has_written(
    new_user: NewUser, settle: Settle
) -> None:
    user = user_of(new_user, 0.8, says="two")
    assert await user.sees() == "x = «one»\n"
    # typed on as it says, the rest stays, and the engine is not asked again
    user.type("o")
    assert await user.sees() == "x = o«ne»\n"
    user.backspace()
    assert len(user.engine.asked) == 1
    user.engine.gate.set_result(None)
    await settle()
    assert user.engine.stopped == 0
    # in the end the fill is the model's
    assert await user.sees() == "x = «two»\n"
    assert len(user.engine.asked) == 1


async def test_what_is_not_sure_enough_waits_for_the_model(
    new_user: NewUser, settle: Settle
) -> None:
    user = user_of(new_user, 0.1, says="two")
    seen = asyncio.ensure_future(user.sees())
    await settle()
    assert not seen.done()
    user.engine.gate.set_result(None)
    assert await seen == "x = «two»\n"


async def test_the_popup_has_it_before_the_model_has_written(
    new_user: NewUser, settle: Settle
) -> None:
    user = user_of(new_user, 0.8)
    assert user.popup() == []
    await settle()
    assert user.popup() == ["one"]
    assert len(user.engine.asked) == 1
    user.engine.gate.set_result(None)
    await asyncio.gather(*user.tasks)
    assert user.popup() == ["one"]


async def test_ghost_text_that_joins_the_popups_fill_has_it_too(
    new_user: NewUser, settle: Settle
) -> None:
    user = user_of(new_user, 0.8)
    first, user.engine.first = user.engine.first, None
    user.popup()
    await settle()
    seen = asyncio.ensure_future(user.sees())
    await settle()
    (listeners,) = user.fills._listeners.values()
    for listener in listeners:
        listener(first)
    assert await seen == "x = «one»\n"
    user.engine.gate.set_result(None)
    await asyncio.gather(*user.tasks)
    assert user.fills._listeners == {}


async def test_a_request_that_is_cancelled_stops_the_engine_as_ever(
    new_user: NewUser, settle: Settle
) -> None:
    user = user_of(new_user, 0.1)
    seen = asyncio.ensure_future(user.sees())
    await settle()
    seen.cancel()
    with pytest.raises(asyncio.CancelledError):
        await seen
    await settle()
    assert user.engine.stopped == 1
    assert user.fills._listeners == {}


async def test_a_newer_place_ends_the_fill_that_is_still_written(
    new_user: NewUser, settle: Settle
) -> None:
    user = user_of(new_user, 0.8)
    assert await user.sees() == "x = «one»\n"
    user.type("q")
    user.engine.first = stood("u", 0.8)
    assert await user.sees() == "x = q«u»\n"
    await settle()
    assert user.engine.stopped == 1
    user.engine.gate.set_result(None)
    await asyncio.gather(*user.tasks)
