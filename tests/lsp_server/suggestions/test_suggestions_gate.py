"""Suggestions after the gate, on an engine that says how sure it is.

In the sources `‸` is the cursor.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from fillwright.engine.request import Certainty

NewUser = Callable[..., Any]
Settle = Callable[[], Awaitable[None]]

UNSURE = Certainty(0.1, 0.0, ((4, 0.9), (10, 0.2)), 0.05, 0.0, 1)


async def test_an_unsure_fill_is_shown_only_by_hand(new_user: NewUser) -> None:
    user = new_user("x = ‸\n", says="self.width")
    user.engine.certainty = replace(UNSURE, beginnings=())
    assert await user.sees() is None
    assert user.reasons == ["unsure"]
    assert await user.sees(by_hand=True) == "x = «self.width»\n"


async def test_of_an_unsure_fill_the_sure_beginning_is_shown_and_then_the_rest(
    new_user: NewUser,
) -> None:
    user = new_user("x = ‸\n", says="self.width")
    user.engine.certainty = UNSURE
    assert await user.sees() == "x = «self»\n"
    # what was typed is not in doubt any more; the engine may be surer here, so it is asked
    user.type("self")
    user.engine.says, user.engine.certainty = ".height", replace(UNSURE, whole=0.9)
    assert await user.sees() == "x = self«.height»\n"
    assert [request.unasked for request in user.engine.asked] == [True, True]


async def test_an_unsure_fill_is_not_made_again_for_the_same_place(new_user: NewUser) -> None:
    user = new_user("x = ‸\n", says="self.width")
    user.engine.certainty = replace(UNSURE, beginnings=())
    for _ in range(3):
        assert await user.sees() is None
    assert len(user.engine.asked) == 1


async def test_the_popup_passes_the_gate_too(new_user: NewUser, settle: Settle) -> None:
    user = new_user("x = ‸\n", says="self.width")
    user.engine.certainty = replace(UNSURE, beginnings=())
    user.popup()
    await settle()
    assert user.popup() == []
    assert user.reasons == ["unsure"]


async def test_where_nothing_is_missing_that_is_the_reason_and_by_hand_it_is_asked_again(
    new_user: NewUser,
) -> None:
    user = new_user("x = 1‸\n", says="")
    user.engine.certainty = Certainty(0.0, 0.97, (), 0.0, 0.0, 1)
    for _ in range(2):
        assert await user.sees() is None
    assert user.reasons == ["finished"]
    assert len(user.engine.asked) == 1
    user.engine.says, user.engine.certainty = " + 2", replace(UNSURE, nothing=0.97)
    assert await user.sees(by_hand=True) == "x = 1« + 2»\n"
    assert [request.unasked for request in user.engine.asked] == [True, False]


async def test_a_language_that_is_switched_off_gets_suggestions_only_by_hand(
    new_user: NewUser,
) -> None:
    user = new_user("x = ‸\n", says="one", language="go")
    user.silent_in = {"go"}
    assert await user.sees() is None
    assert user.popup() == []
    assert user.reasons == ["language-not-learnt"] * 2
    assert user.engine.asked == []
    assert await user.sees(by_hand=True) == "x = «one»\n"


async def test_in_a_page_the_language_of_the_script_counts(new_user: NewUser) -> None:
    user = new_user("<script>\nlet x = ‸\n</script>\n", says="one", language="html")
    user.silent_in = {"html"}
    assert await user.sees() == "<script>\nlet x = «one»\n</script>\n"


async def test_while_snoozed_there_are_suggestions_only_by_hand(new_user: NewUser) -> None:
    user = new_user("x = ‸\n", says="one")
    user.suggestions.snooze.start(5)
    assert await user.sees() is None
    assert user.reasons == ["snoozed"]
    assert await user.sees(by_hand=True) == "x = «one»\n"
    user.now += 5 * 60
    assert await user.sees() == "x = «one»\n"
