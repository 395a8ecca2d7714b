"""Suggestions while typing, on an engine that says what the test tells it to.

In the sources `‸` is the cursor. The real engine answers in `tests/e2e`.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from fillwright.engine.errors import EngineUnavailable
from fillwright.engine.request import Draft, Infill, InfillRequest
from fillwright.lsp_server.documents import Change, Document
from fillwright.lsp_server.edits import TextChange
from fillwright.lsp_server.fills import Fills
from fillwright.lsp_server.inflight import Superseded
from fillwright.lsp_server.pace import Pace
from fillwright.lsp_server.positions import PositionEncoding
from fillwright.lsp_server.settings import FillSettings
from fillwright.lsp_server.status import StatusLine
from fillwright.lsp_server.suggestions import Moment, Suggestions
from fillwright.lsp_server.suppressions import Suppressions

UTF32 = PositionEncoding.UTF32


class Engine:
    """Says `says`, in `seconds` as it claims; keeps what it was asked."""

    def __init__(self, says: str) -> None:
        self.says = says
        self.seconds = 0.05
        self.asked: list[InfillRequest] = []
        self.stopped = 0
        self.gate: asyncio.Future[None] | None = None

    async def fill(
        self, request: InfillRequest, on_draft: Callable[[Draft], None] | None = None
    ) -> Infill:
        self.asked.append(request)
        if self.gate is not None:
            try:
                await asyncio.shield(self.gate)
            except asyncio.CancelledError:
                self.stopped += 1
                raise
        texts = (self.says,) * len(request.holes)
        more = tuple((f"{self.says} {number}",) for number in range(1, request.candidates))
        timings = {"total": self.seconds * 1000}
        return Infill(texts, ((0.9,),), "settled", 1, 1, "draft", "", "", timings, more)


class User:
    """Somebody who types in a document, and an editor that asks for ghost text."""

    def __init__(self, source: str, says: str = "", language: str = "plaintext") -> None:
        self.engine = Engine(says)
        self.now = 100.0
        self.slept: list[float] = []
        self.waits = False
        fills = Fills(
            lambda: self.engine,  # type: ignore[arg-type, return-value]
            StatusLine(lambda status: None),
            pace=Pace(lambda: self.now),
            sleep=self._sleep,
        )
        self.suppressions = Suppressions()
        self.suggestions = Suggestions(fills, self.suppressions, self._in_background)
        self.cursor = source.index("‸")
        self.document = Document.of(source.replace("‸", ""), language, "untitled:a", 1)
        self.tasks: list[asyncio.Task[Any]] = []

    def change(self, *changes: tuple[int, int, str]) -> None:
        """Replace ranges, each in the text that the one before left; the cursor is behind."""
        before = self.document
        document, plain = before, []
        for start, end, text in changes:
            places = (document.lines.position(place, UTF32) for place in (start, end))
            plain.append(Change(text, *places))
            document = document.changed(plain[-1:], before.version + 1, UTF32)
            self.cursor = start + len(text)
        self.document = document
        self.suggestions.changed(before, document, plain, UTF32)

    def type(self, text: str, interval: float = 0.2) -> None:
        """Type characters one by one."""
        for character in text:
            self.now += interval
            self.change((self.cursor, self.cursor, character))

    def backspace(self) -> None:
        self.change((self.cursor - 1, self.cursor, ""))

    async def ghosts(
        self, *, by_hand: bool = False, candidates: int = 1, selected: TextChange | None = None
    ) -> list[TextChange]:
        moment = Moment(self.document, self.cursor, "ghost", by_hand, candidates)
        ghosts = await self.suggestions.ghosts(moment, FillSettings(), selected)
        for ghost in reversed(ghosts):
            self.suggestions.shown.keep(self.document, self.cursor, ghost)
        return ghosts

    async def sees(self, **how: Any) -> str | None:
        """The document with the first ghost text accepted, in «»."""
        ghosts = await self.ghosts(**how)
        if not ghosts:
            return None
        text, ghost = self.document.text, ghosts[0]
        return f"{text[: ghost.start]}«{ghost.text}»{text[ghost.end :]}"

    def popup(self) -> list[str]:
        moment = Moment(self.document, self.cursor, "popup")
        return [item.text for item in self.suggestions.popup(moment, FillSettings())]

    @property
    def reasons(self) -> list[object]:
        """The codes of what was held back, the oldest first."""
        return [suppression["code"] for suppression in self.suppressions.to_json()]

    def _in_background(self, work: Coroutine[Any, Any, Any]) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(work))

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        until = self.now + seconds
        while self.waits and self.now < until:
            await asyncio.sleep(0)


async def settle() -> None:
    """Let everything that is ready run."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_typing_what_is_shown_and_deleting_it_is_answered_from_memory() -> None:
    user = User("x = ‸\n", says="one + two")
    assert await user.sees() == "x = «one + two»\n"
    user.type("one")
    assert await user.sees() == "x = one« + two»\n"
    user.backspace()
    assert await user.sees() == "x = on«e + two»\n"
    for _ in range(4):
        user.backspace()
    assert await user.sees() == "x «= one + two»\n"
    assert len(user.engine.asked) == 1


async def test_typing_something_else_asks_anew() -> None:
    user = User("x = ‸\n", says="one")
    await user.sees()
    user.type("t")
    user.engine.says = "wo"
    assert await user.sees() == "x = t«wo»\n"
    assert len(user.engine.asked) == 2


async def test_accepting_a_part_keeps_the_rest_of_a_whole_body() -> None:
    body = "\n    total = a + b\n    return total"
    user = User("def add(a, b):\n    ‸\n", says=body, language="python")
    assert await user.sees() == "def add(a, b):\n    «total = a + b\n    return total»\n"
    user.change((user.cursor, user.cursor, "total = "))
    assert await user.sees() == "def add(a, b):\n    total = «a + b\n    return total»\n"
    user.change((user.cursor, user.cursor, "a + b\n    "))
    assert await user.sees() == "def add(a, b):\n    total = a + b\n    «return total»\n"
    assert len(user.engine.asked) == 1


async def test_all_typed_out_asks_anew() -> None:
    user = User("x = ‸\n", says="ab")
    await user.sees()
    user.type("ab")
    user.engine.says = " + c"
    assert await user.sees() == "x = ab« + c»\n"


async def test_by_hand_there_are_several_to_choose_from() -> None:
    user = User("x = ‸\n", says="one")
    await user.ghosts()
    texts = [ghost.text for ghost in await user.ghosts(by_hand=True, candidates=3)]
    assert texts == ["one", "one 1", "one 2"]
    assert [request.candidates for request in user.engine.asked] == [1, 3]


async def test_ghost_text_goes_on_from_the_popups_item_or_is_not_shown() -> None:
    user = User("os.pa‸\n", says=".join(a)")
    selected = TextChange(3, 5, "path")
    assert await user.sees(selected=selected) == "os.«path.join(a)»\n"
    (request,) = user.engine.asked
    assert request.document == "os.path\n"
    user = User("f(os.pa‸, b)\n", says="")
    assert await user.sees(selected=TextChange(5, 7, "path")) is None
    assert user.reasons == ["empty"]


async def test_the_popup_answers_at_once_and_has_the_fill_at_a_later_poll() -> None:
    user = User("x = ‸\n", says="one")
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
async def test_some_places_get_nothing_unless_asked_for_by_hand(source: str, code: str) -> None:
    user = User(source, says="one")
    assert await user.sees() is None
    assert user.popup() == []
    assert user.reasons == [code, code]
    assert user.engine.asked == []
    await user.sees(by_hand=True)
    assert len(user.engine.asked) == 1


async def test_a_blank_line_is_no_indentation() -> None:
    user = User("def f():\n    ‸\n", says="one")
    assert await user.sees() == "def f():\n    «one»\n"


async def test_an_undo_is_followed_by_quiet_for_one_change() -> None:
    user = User("x = ‸\n", says="one")
    user.change((4, 4, "two"))
    user.change((4, 7, ""))
    assert await user.sees() is None
    assert user.popup() == []
    assert user.reasons == ["after-undo", "after-undo"]
    user.type("q")
    assert await user.sees() == "x = q«one»\n"


async def test_a_slip_of_the_finger_keeps_what_was_shown_but_asks_for_nothing_new() -> None:
    user = User("x = ‸\n", says="one")
    await user.sees()
    user.type("q")
    user.backspace()
    assert await user.sees() == "x = «one»\n"
    user = User("x = ‸\n", says="one")
    user.type("q")
    user.backspace()
    assert await user.sees() is None
    assert user.reasons == ["after-undo"]


async def test_several_cursors_get_nothing() -> None:
    user = User("x = ‸\ny = \n", says="one")
    user.change((4, 4, "a"), (10, 10, "a"))
    assert await user.sees() is None
    assert user.reasons == ["several-places"]


async def test_an_editor_that_trims_the_line_above_has_one_cursor() -> None:
    user = User("x = 1\n    ‸\ny = \n", says="one")
    user.change((10, 10, "\n"), (6, 10, ""))
    user.cursor = 7
    assert await user.sees() == "x = 1\n\n«one»\ny = \n"


async def test_moving_the_cursor_asks_for_nothing() -> None:
    user = User("x = ‸\ny = \n", says="one")
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


async def test_the_newest_request_wins_and_the_older_stops_the_engine() -> None:
    user = User("x = ‸\n", says="one")
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


async def test_a_request_that_is_cancelled_stops_the_engine() -> None:
    user = User("x = ‸\n", says="one")
    user.engine.gate = asyncio.get_running_loop().create_future()
    asked = asyncio.create_task(user.sees())
    await settle()
    asked.cancel()
    await settle()
    assert user.engine.stopped == 1


async def test_five_hundred_rapid_keystrokes_leave_no_backlog() -> None:
    user = User("x = ‸\n", says="one")
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


async def test_a_slow_engine_waits_for_a_pause_and_a_fast_one_does_not() -> None:
    user = User("x = ‸\n", says="!")
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


async def test_what_the_engine_says_is_the_reason_when_it_fails() -> None:
    user = User("x = ‸\n")

    async def fail(request: InfillRequest, on_draft: object = None) -> Infill:
        raise EngineUnavailable("Start it first.")

    user.engine.fill = fail  # type: ignore[method-assign]
    assert await user.sees() is None
    (suppression,) = user.suppressions.to_json()
    assert (suppression["code"], suppression["message"]) == ("engine", "Start it first.")


@pytest.mark.parametrize(
    ("says", "code"), [("", "empty"), ("  ", "whitespace"), (")", "unchanged")]
)
async def test_a_fill_that_does_not_fit_has_a_reason(says: str, code: str) -> None:
    user = User("x = (1‸)\n", says=says)
    assert await user.sees() is None
    assert user.reasons == [code]
