"""Targets filled jointly, on an engine that says what the test tells it to: what it is asked, and
what becomes of its answer."""

from collections.abc import Callable
from typing import Any

import pytest

from fillwright.engine.errors import BadRequest
from fillwright.engine.request import Draft, Infill, InfillRequest
from fillwright.lsp_server.lsp.code_actions import Target
from fillwright.lsp_server.lsp.drafts import draft_params
from fillwright.lsp_server.lsp.server import FillwrightServer
from fillwright.lsp_server.lsp.target_fill import Filled, fill_targets
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


def server(source: str, *says: str) -> tuple[FillwrightServer, Engine]:
    ls, engine = FillwrightServer(), Engine(*says)
    ls._engine = engine  # type: ignore[assignment]
    ls.documents.open(URI, "python", 3, source)
    # asks which folders there are, which `initialize` says
    ls.refusal = lambda uri: None  # type: ignore[method-assign]
    return ls, engine


def target(what: str, line: int, column: int = 8, **more: object) -> Target:
    place = {"line": line, "character": column}
    span = {"start": place, "end": place}
    return Target.from_json({"uri": URI, "what": what, "range": span, **more})


def text_after(filled: Filled) -> str:
    changes = [change for hole in filled.holes for change in hole.changes]
    return applied(filled.document.text, changes)


async def test_all_stubs_of_a_class_are_one_request_and_one_edit() -> None:
    ls, engine = server(
        CLASS, "\n        self.books.append(book)", "\n        return self.books[0]"
    )
    filled = await fill_targets(ls, [target("stubs in class", 1)])
    (request,) = engine.asked
    assert len(request.holes) == 2
    expected = CLASS.replace("        pass\n\n", "        self.books.append(book)\n\n")
    assert text_after(filled) == expected.replace(
        "        pass\n", "        return self.books[0]\n"
    )
    assert filled.reason is None


async def test_a_docstring_comes_with_its_marks() -> None:
    source = "def add(a, b):\n    return a + b\n"
    ls, engine = server(source, "The sum.")
    filled = await fill_targets(ls, [target("docstring", 0)])
    (request,) = engine.asked
    (hole,) = request.holes
    assert request.document[: hole.start].endswith('def add(a, b):\n    """')
    assert request.document[hole.end :].startswith('"""')
    assert text_after(filled) == 'def add(a, b):\n    """The sum."""\n    return a + b\n'


async def test_a_draft_of_a_docstring_shows_its_marks_as_settled() -> None:
    ls, engine = server("def add(a, b):\n    return a + b\n", "The sum.")
    seen: list[dict[str, Any]] = []
    ls.fills._tell = lambda ask, draft: seen.append(draft_params(ask, draft, ls.encoding))

    async def fill(request: InfillRequest, on_draft: Callable[[Draft], None]) -> Infill:
        on_draft(Draft(1, 1, ("The",), (((1, 3),),)))
        return Infill(("The sum.",), ((0.5,),), "settled", 1, 1, "draft", "", "")

    engine.fill = fill  # type: ignore[method-assign, assignment]
    filled = await fill_targets(ls, [target("docstring", 0)])
    ((hole,),) = (params["holes"] for params in seen)
    assert hole["range"]["start"] == hole["range"]["end"] == {"line": 0, "character": 14}
    marks = '\n    """'
    assert hole["text"] == f'{marks}The"""'
    assert hole["settled"] == [[0, 8], [9, 11], [11, 14]]
    (json,) = filled.holes_json(ls.encoding)
    assert json["text"].startswith(marks)


async def test_targets_are_put_in_order_and_share_their_instruction() -> None:
    ls, engine = server(CLASS, "one", "two")
    targets = [
        target("selection", 5, 15, instruction="count them"),
        target("selection", 1, 12, instruction="count them"),
    ]
    await fill_targets(ls, targets)
    (request,) = engine.asked
    assert request.instruction == "count them"
    assert list(request.holes) == sorted(request.holes)


@pytest.mark.parametrize(
    ("targets", "says"),
    [
        ([target("body", 2), target("stubs in class", 2)], "overlap"),
        ([target("body", 2, instruction="a"), target("body", 8, instruction="b")], "instruction"),
        ([target("stubs in class", 99, 0)], "no class"),
    ],
)
async def test_what_cannot_be_filled_together_is_refused(targets: list[Target], says: str) -> None:
    ls, engine = server(CLASS)
    with pytest.raises(BadRequest, match=says):
        await fill_targets(ls, targets)
    assert engine.asked == []


async def test_one_hole_without_a_fit_does_not_keep_the_others_back() -> None:
    ls, _ = server(CLASS, "\n        self.books.append(book)", "")
    filled = await fill_targets(ls, [target("stubs in class", 1)])
    assert [bool(hole.changes) for hole in filled.holes] == [True, False]
    assert filled.reason is None
    assert filled.note == "1 of 2 places stay as they are: The model wrote nothing here."


async def test_a_stub_among_several_bodies_is_left_and_told() -> None:
    ls, _ = server(CLASS, "\n        raise NotImplementedError", "\n        return self.books[0]")
    filled = await fill_targets(ls, [target("stubs in class", 1)])
    assert text_after(filled).count("pass") == 1
    assert "NotImplementedError" not in text_after(filled)
    assert filled.note is not None
    assert filled.note.startswith("1 of 2 places stay as they are: The model only wrote that")
    ls, _ = server(CLASS, "\n        ...", "\n        ...")
    filled = await fill_targets(ls, [target("stubs in class", 1)])
    assert text_after(filled) == CLASS
    assert (filled.reason or "").startswith("The model only wrote that the code is still to come.")
    ls, _ = server(CLASS, "", "")
    filled = await fill_targets(ls, [target("stubs in class", 1)])
    assert filled.reason is not None
    assert filled.reason.startswith("The model wrote nothing here.")


@pytest.mark.parametrize(
    ("what", "line", "says", "rewrites"),
    [
        ("body", 5, "\n        return 0", True),
        ("body", 2, "\n        return 0", False),
        ("selection", 2, "x", False),
        ("stubs in class", 1, "\n        return 0", False),
        # nothing is written, so nothing is replaced
        ("body", 5, "\n        pass", False),
    ],
)
async def test_code_that_nobody_selected_is_to_be_seen_before_it_goes(
    what: str, line: int, says: str, rewrites: bool
) -> None:
    ls, _ = server(CLASS, *([says] * (2 if what == "stubs in class" else 1)))
    filled = await fill_targets(ls, [target(what, line)])
    assert filled.rewrites is rewrites


@pytest.mark.parametrize(("takes", "instructed"), [(True, True), (False, False), (None, True)])
async def test_an_instruction_that_the_model_does_not_take_is_told(
    takes: bool | None, instructed: bool
) -> None:
    ls, _ = server(CLASS, "books")
    ls.takes_instructions = lambda: takes  # type: ignore[method-assign]
    filled = await fill_targets(ls, [target("selection", 5, 15, instruction="count them")])
    assert filled.instructed is instructed
    said = "This model takes no instructions, so yours was not used."
    assert filled.note == (None if instructed else said)
    ls, _ = server(CLASS, "books")
    filled = await fill_targets(ls, [target("selection", 5, 15)])
    assert (filled.instructed, filled.note) == (None, None)
