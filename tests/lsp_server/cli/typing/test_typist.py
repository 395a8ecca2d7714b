"""The typist: what an editor would send, and what is noted of what the server shows."""

from collections.abc import Callable

import pytest

from fillwright.engine.evaluation.pauses import Pause, TypedLine
from fillwright.engine.evaluation.source_tree import Source
from fillwright.engine.evaluation.typed_pause import TypedPause
from fillwright.engine.request import Certainty, Draft, Infill, InfillRequest
from fillwright.lsp_server.cli.typing.typist import Typist
from fillwright.lsp_server.suggestions.gate import GATES

BEFORE, LINE, AFTER = "class Shelf:\n", "    self.width = width", "\n\nprint(1)\n"
SOURCE = Source("p/shelf.py", BEFORE + LINE + AFTER, "python")


class Engine:
    """Knows the line by heart, as surely as a test says, and that nothing is missing at its end."""

    def __init__(
        self, whole: float = 0.9, beginnings: bool = False, first: Certainty | None = None
    ) -> None:
        self.whole = whole
        self.first = first
        self.beginnings = beginnings
        self.asked: list[InfillRequest] = []

    async def fill(
        self, request: InfillRequest, on_draft: Callable[[Draft], None] | None = None
    ) -> Infill:
        self.asked.append(request)
        hole = request.holes[0]
        typed = request.document[: hole.start].rsplit("\n", 1)[1]
        assert request.document[hole.end :] == AFTER
        text = LINE[len(typed) :]
        nothing = 0.0 if text else 0.95
        ends = ((len("self.width"), 0.8),) if self.beginnings and typed.isspace() else ()
        if self.first and on_draft:
            on_draft(Draft(0, 9, ("height",), ((),), self.first))
        certainty = Certainty(self.whole, nothing, ends, self.whole, 0.0, 1)
        if not text and not request.unasked:
            text = " + 1"
        return Infill((text,), ((0.9,),), "settled", 1, 1, "draft", "", "", certainty=certainty)


async def typed(engine: Engine, *pauses: Pause) -> list[TypedPause]:
    line = TypedLine(SOURCE, len(BEFORE), LINE, pauses)
    typist = Typist(lambda: engine, GATES["normal"])  # type: ignore[arg-type, return-value]
    return [pause async for pause in typist.type(line, "p")]


async def test_every_pause_is_seen_with_what_was_typed_and_what_is_missing() -> None:
    engine = Engine()
    fresh, begun, finished = await typed(
        engine, Pause(4, "fresh line"), Pause(9, "."), Pause(len(LINE), "finished")
    )
    assert (fresh.name, fresh.group, fresh.project) == ("p/shelf.py:2:4", "p/shelf.py", "p")
    assert (fresh.left, fresh.gold, fresh.shown) == ("    ", LINE[4:], LINE[4:])
    assert fresh.whole
    assert fresh.is_right
    assert fresh.asked
    # what was typed since agrees with what was shown: it comes from memory
    assert (begun.left, begun.shown) == ("    self.", "width = width")
    assert not begun.asked
    # there the engine stops early, and is asked by hand what it would have written
    assert (finished.shown, finished.reason, finished.fill) == ("", "finished", " + 1")
    assert [request.unasked for request in engine.asked] == [True, True, False]


async def test_what_is_held_back_is_noted_with_its_reason() -> None:
    [pause] = await typed(Engine(whole=0.1), Pause(9, "."))
    assert (pause.shown, pause.reason, pause.fill) == ("", "unsure", "width = width")
    assert pause.would_be_right
    assert pause.certainty is not None
    assert pause.certainty.whole == 0.1


async def test_a_sure_beginning_is_no_whole() -> None:
    [pause] = await typed(Engine(whole=0.1, beginnings=True), Pause(4, "fresh line"))
    assert (pause.shown, pause.fill) == ("self.width", "self.width = width")
    assert not pause.whole
    assert pause.is_right


async def test_a_body_to_come_is_typed_up_to_its_pause() -> None:
    class Writer(Engine):
        async def fill(
            self, request: InfillRequest, on_draft: Callable[[Draft], None] | None = None
        ) -> Infill:
            self.asked.append(request)
            text = "\n    return a + b"
            certainty = Certainty(self.whole, 0.0, ((11, 0.75), (len(text), 0.1)), 0.1, 0.0, 1)
            return Infill((text,), ((0.9,),), "settled", 1, 1, "draft", "", "", certainty=certainty)

    code = "def add(a, b):\n    return a + b\n\n\nprint(1)\n"
    source = Source("p/sum.py", code, "python")
    body = TypedLine(source, 0, "def add(a, b):\n    return a + b", (Pause(14, "body"),))
    for whole, shown in ((0.9, "\n    return a + b"), (0.1, "")):
        engine = Writer(whole)
        typist = Typist(lambda: engine, GATES["normal"])  # type: ignore[arg-type, return-value]  # noqa: B023
        [pause] = [pause async for pause in typist.type(body, "p")]
        [request] = engine.asked
        assert (request.document, request.shape) == ("def add(a, b):\n\n\nprint(1)\n", "block")
        # the same beginning would be sure enough in a line
        assert (pause.shown, pause.would_be_right) == (shown, True)


@pytest.mark.parametrize("sure", [0.9, 0.1])
async def test_what_stood_there_before_is_noted_and_what_became_of_it(sure: float) -> None:
    first = Certainty(sure, 0.0, (), sure, 0.0, 0)
    [pause] = await typed(Engine(first=first), Pause(9, "."))
    assert (pause.first, pause.first_certainty) == ("height", first)
    assert pause.first_shown is (sure > 0.5)
    assert pause.first_ms <= pause.ms
    assert not pause.first_is_right
    # the fill is the model's, and so is its certainty
    assert (pause.shown, pause.fill) == ("width = width", "width = width")
    assert pause.certainty
    assert pause.certainty.whole == 0.9
