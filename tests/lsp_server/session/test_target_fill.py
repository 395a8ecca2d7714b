"""Targets filled jointly, on an engine that says what the test tells it to: what it is asked, and
what becomes of its answer."""

from collections.abc import Callable

import pytest

from fillwright.engine.errors import BadRequest
from fillwright.engine.request import Draft, Infill, InfillRequest
from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.session.target_fill import Filled
from fillwright.lsp_server.session.targets import Target
from fillwright.lsp_server.text.changes import applied

URI = "untitled:shelf.py"
CLASS = """class Shelf:
    def add(self, book):
        pass

    def count(self):
        return len(self.books)

    def first(self):
        pass
"""


class Engine:
    """Says one text for each hole; keeps what it was asked."""

    def __init__(self, *says: str) -> None:
        self.says = says
        self.asked: list[InfillRequest] = []

    async def fill(
        self, request: InfillRequest, on_draft: Callable[[Draft], None] | None = None
    ) -> Infill:
        self.asked.append(request)
        assert len(request.holes) == len(self.says)
        confidences = tuple((0.5, 0.5) for _ in self.says)
        return Infill(self.says, confidences, "settled", 1, 1, "draft", "", "")


def opened(source: str, *says: str) -> tuple[Session, Engine]:
    session, engine = Session(), Engine(*says)
    session.engine._client = engine  # type: ignore[assignment]
    session.open(URI, "python", 3, source)
    return session, engine


def target(what: str, line: int, column: int = 8, **more: object) -> Target:
    place = {"line": line, "character": column}
    span = {"start": place, "end": place}
    return Target.from_json({"uri": URI, "what": what, "range": span, **more})


def text_after(filled: Filled) -> str:
    changes = [change for hole in filled.holes for change in hole.changes]
    return applied(filled.document.text, changes)


async def test_all_stubs_of_a_class_are_one_request_and_one_edit() -> None:
    session, engine = opened(
        CLASS, "\n        self.books.append(book)", "\n        return self.books[0]"
    )
    filled = await session.fill([target("stubsInClass", 1)])
    (request,) = engine.asked
    assert len(request.holes) == 2
    expected = CLASS.replace("        pass\n\n", "        self.books.append(book)\n\n")
    assert text_after(filled) == expected.replace(
        "        pass\n", "        return self.books[0]\n"
    )
    assert filled.reason is None


async def test_a_docstring_comes_with_its_marks() -> None:
    source = "def add(a, b):\n    return a + b\n"
    session, engine = opened(source, "The sum.")
    filled = await session.fill([target("docstring", 0)])
    (request,) = engine.asked
    (hole,) = request.holes
    assert request.document[: hole.start].endswith('def add(a, b):\n    """')
    assert request.document[hole.end :].startswith('"""')
    assert text_after(filled) == 'def add(a, b):\n    """The sum."""\n    return a + b\n'


async def test_targets_are_put_in_order_and_share_their_instruction() -> None:
    session, engine = opened(CLASS, "one", "two")
    targets = [
        target("selection", 5, 15, instruction="count them"),
        target("selection", 1, 12, instruction="count them"),
    ]
    await session.fill(targets)
    (request,) = engine.asked
    assert request.instruction == "count them"
    assert list(request.holes) == sorted(request.holes)


@pytest.mark.parametrize(
    ("targets", "says"),
    [
        ([target("body", 2), target("stubsInClass", 2)], "overlap"),
        ([target("body", 2, instruction="a"), target("body", 8, instruction="b")], "instruction"),
        ([target("stubsInClass", 99, 0)], "no class"),
    ],
)
async def test_what_cannot_be_filled_together_is_refused(targets: list[Target], says: str) -> None:
    session, engine = opened(CLASS)
    with pytest.raises(BadRequest, match=says):
        await session.fill(targets)
    assert engine.asked == []


async def test_one_hole_without_a_fit_does_not_keep_the_others_back() -> None:
    session, _ = opened(CLASS, "\n        self.books.append(book)", "")
    filled = await session.fill([target("stubsInClass", 1)])
    assert [bool(hole.changes) for hole in filled.holes] == [True, False]
    assert filled.reason is None
    assert filled.remark == "1 of 2 places stay as they are: The model wrote nothing here."


async def test_a_stub_among_several_bodies_is_left_and_told() -> None:
    session, _ = opened(
        CLASS, "\n        raise NotImplementedError", "\n        return self.books[0]"
    )
    filled = await session.fill([target("stubsInClass", 1)])
    assert text_after(filled).count("pass") == 1
    assert "NotImplementedError" not in text_after(filled)
    assert filled.remark is not None
    assert filled.remark.startswith("1 of 2 places stay as they are: The model only wrote that")
    session, _ = opened(CLASS, "\n        ...", "\n        ...")
    filled = await session.fill([target("stubsInClass", 1)])
    assert text_after(filled) == CLASS
    assert (filled.reason or "").startswith("The model only wrote that the code is still to come.")
    session, _ = opened(CLASS, "", "")
    filled = await session.fill([target("stubsInClass", 1)])
    assert filled.reason is not None
    assert filled.reason.startswith("The model wrote nothing here.")


@pytest.mark.parametrize(
    ("what", "line", "says", "rewrites"),
    [
        ("body", 5, "\n        return 0", True),
        ("body", 2, "\n        return 0", False),
        # nothing is selected
        ("selection", 2, "x", False),
        ("stubsInClass", 1, "\n        return 0", False),
        # nothing is written, so nothing is replaced
        ("body", 5, "\n        pass", False),
    ],
)
async def test_code_that_nobody_selected_is_to_be_seen_before_it_goes(
    what: str, line: int, says: str, rewrites: bool
) -> None:
    session, _ = opened(CLASS, *([says] * (2 if what == "stubsInClass" else 1)))
    filled = await session.fill([target(what, line)])
    assert (filled.rewrites, filled.replaces_code) == (rewrites, rewrites)


async def test_a_selection_is_code_that_is_replaced() -> None:
    session, _ = opened(CLASS, "books")
    start, end = {"line": 5, "character": 15}, {"line": 5, "character": 30}
    span = {"start": start, "end": end}
    filled = await session.fill(
        [Target.from_json({"uri": URI, "what": "selection", "range": span})]
    )
    assert (filled.rewrites, filled.replaces_code) == (False, True)


@pytest.mark.parametrize(("takes", "instructed"), [(True, True), (False, False), (None, True)])
async def test_an_instruction_that_the_model_does_not_take_is_told(
    takes: bool | None, instructed: bool
) -> None:
    session, _ = opened(CLASS, "books")
    session.engine.takes_instructions = lambda: takes  # type: ignore[method-assign]
    filled = await session.fill([target("selection", 5, 15, instruction="count them")])
    assert filled.instructed is instructed
    said = "This model takes no instructions, so yours was not used."
    assert filled.remark == (None if instructed else said)
    session, _ = opened(CLASS, "books")
    filled = await session.fill([target("selection", 5, 15)])
    assert (filled.instructed, filled.remark) == (None, None)
