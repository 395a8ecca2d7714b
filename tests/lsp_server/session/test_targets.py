"""What a place is offered, and what each offer fills."""

from dataclasses import replace

import pytest

from fillwright.engine.errors import BadRequest
from fillwright.lsp_server.session.targets import (
    TITLES,
    Complaint,
    EditorPosition,
    EditorRange,
    Target,
    carvings_of,
    repairs,
    targets,
)
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.positions import PositionEncoding

SELECTED = ["Rewrite selection", "Touch up selection", "Rework selection"]
CLASS = """\
class Shelf:
    def add(self, item):
        pass

    def total(self):
        raise NotImplementedError

    def width(self):
        return 1


def outside():
    ...
"""


def offered(source: str, language: str = "python", *, asked: bool = True) -> list[Target]:
    """What is offered at `‸`, or for what is selected between `⟦` and `⟧`."""
    start = min(source.index(mark) for mark in "‸⟦" if mark in source)
    end = source.index("⟧") - 1 if "⟧" in source else start
    document = Document.of(
        source.translate(dict.fromkeys(map(ord, "‸⟦⟧"))), language, "file:///a", 3
    )
    first, last = (
        EditorPosition(*document.lines.position(at, PositionEncoding.UTF16)) for at in (start, end)
    )
    return targets(document, EditorRange(first, last), PositionEncoding.UTF16, asked=asked)


def titles(source: str, language: str = "python") -> list[str]:
    return [target.title for target in offered(source, language)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f():\n    pa‸ss\n", ["Fill body"]),
        ("def f‸():\n    return 1\n", ["Rewrite body", "Fill docstring"]),
        ("def f():\n    x = 1\n    retu‸rn x\n", ["Rewrite body", "Fill docstring"]),
        ("class A:\n    def f(self):\n        retu‸rn 1\n", ["Rewrite body", "Fill docstring"]),
        ('def f():\n    """Sa‸y."""\n    return 1\n', ["Rewrite body"]),
        ('def f():\n    """Say."""\n    retu‸rn 1\n', ["Rewrite body"]),
        ('def f‸():\n    """Say."""\n    pass\n', ["Fill body"]),
        ('def f():\n    """"""\n    retu‸rn 1\n', ["Rewrite body", "Fill docstring"]),
        ("class A‸(B):\n    x = 1\n", ["Fill docstring"]),
        ("x = f(‸)\n", ["Finish line"]),
        ("x = ‸\n", ["Finish line"]),
        ("x = ‸1\n", []),
        ("    ‸\n", []),
        ("⟦x = 1⟧\n", SELECTED),
        ("⟦   ⟧\n", []),
        ("⟦# use a set\nx = []⟧\n", [*SELECTED, "Rewrite selection: use a set"]),
        ("⟦#\nx = []⟧\n", SELECTED),
        (
            CLASS.replace("pass", "pa‸ss"),
            ["Fill body", "Fill all stubs in class", "Fill all stubs in file"],
        ),
        (CLASS.replace("...", "..‸."), ["Fill body", "Fill all stubs in file"]),
        (
            CLASS.replace("        pass", "        ‸"),
            [
                *("Fill body", "Fill all stubs in class", "Fill all stubs in file"),
            ],
        ),
        (CLASS.replace("return 1", "retu‸rn 1"), ["Rewrite body", "Fill docstring"]),
    ],
)
def test_what_a_place_is_offered(source: str, expected: list[str]) -> None:
    assert titles(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f():\n    pa‸ss\n", ["Fill body"]),
        ("def f‸():\n    pass\n", ["Fill body"]),
        ("def f():\n    ⟦pass⟧\n", ["Fill body", *SELECTED]),
        ("def f‸():\n    return 1\n", []),
        ("def f():\n    retu‸rn 1\n", []),
        ("def f():\n    ⟦return⟧ 1\n", SELECTED),
        ("class A‸(B):\n    x = 1\n", []),
        ("x = f(‸)\n", []),
        ("⟦# use a set\nx = []⟧\n", [*SELECTED, "Rewrite selection: use a set"]),
        (CLASS.replace("...", "..‸."), ["Fill body", "Fill all stubs in file"]),
    ],
)
def test_unasked_only_stubs_and_selections_have_offers(source: str, expected: list[str]) -> None:
    assert [target.title for target in offered(source, asked=False)] == expected


@pytest.mark.parametrize(
    ("source", "language", "expected"),
    [
        ("function f() {\n  return ‸1;\n}\n", "javascript", True),
        ("function f() {\n  throw new Error('not implemented‸');\n}\n", "javascript", False),
        ("fn f() -> i32 {\n    todo!(‸)\n}\n", "rust", False),
        ("fn f() -> i32 {\n    ‸1\n}\n", "rust", True),
        ("const f = (a) => a + ‸1;\n", "javascript", True),
    ],
)
def test_a_body_with_code_is_rewritten(source: str, language: str, expected: bool) -> None:
    found = {target.what: target for target in offered(source, language)}
    assert found["body"].rewrites is expected
    assert found["body"].title == ("Rewrite body" if expected else "Fill body")
    assert ("rewrites" in found["body"].to_json()) is expected


@pytest.mark.parametrize(
    ("language", "source", "expected"),
    [
        ("plaintext", "Dear all,\n    see you s‸oon.\n", []),
        ("json", '{\n  "a": {\n    "b"‸: 1\n  }\n}\n', []),
        ("yaml", "on:\n  push:\n    bran‸ches: x\n", []),
        ("dockerfile", "RUN true && \\\n    fa‸lse\n", []),
        ("toml", "[a]\n  b = ‸1\n", []),
        ("markdown", "- a\n  - b‸c d\n", []),
        ("markdown", "```python\ndef f():\n    pa‸ss\n```\n", ["Fill body"]),
        ("swift", "func f() {\n    g‸()\n}\n", ["Fill body"]),
        ("makefile", "all:\n\tec‸ho x\n", ["Rewrite body"]),
    ],
)
def test_prose_and_data_have_no_bodies(language: str, source: str, expected: list[str]) -> None:
    assert titles(source, language) == expected


@pytest.mark.parametrize(
    ("comment", "language"),
    [
        ("// TODO: use a set", "javascript"),
        ("/* use a set */", "c"),
        ("-- use a set", "lua"),
        ("<!-- use a set -->", "html"),
        ("/** FIXME use a set */", "java"),
    ],
)
def test_a_comment_that_a_selection_begins_with_is_an_instruction(
    comment: str, language: str
) -> None:
    assert titles(f"⟦{comment}\nx⟧\n", language)[-1] == "Rewrite selection: use a set"


def test_a_long_instruction_has_a_short_title() -> None:
    [*_, target] = offered(f"⟦# {'very ' * 40}long\nx⟧\n")
    assert len(target.title) < 90
    assert target.title.endswith("…")
    assert target.instruction is not None
    assert target.instruction.endswith("long")


def test_targets_come_back_as_they_went() -> None:
    for target in offered(CLASS.replace("pass", "pa‸ss")) + offered("⟦# use a set\nx⟧\n"):
        plain = target.to_json()
        assert Target.from_json(plain) == target
        assert ("instruction" in plain) == (target.instruction is not None)


@pytest.mark.parametrize(
    "plain",
    [
        None,
        {},
        {"uri": "a", "what": "all", "range": {}},
        {"uri": "a", "what": "body", "range": {"start": {"line": 0, "character": 0}}},
    ],
)
def test_what_is_no_target_is_named(plain: object) -> None:
    with pytest.raises(ValueError, match='"body" or "selection" or "line" or "docstring"'):
        Target.from_json(plain)


def holes(source: str, what: str, language: str = "python") -> list[str]:
    at = source.index("‸")
    document = Document.of(source.replace("‸", ""), language, "file:///a")
    line, column = document.lines.position(at, PositionEncoding.UTF16)
    place = {"line": line, "character": column}
    target = Target.from_json(
        {"uri": "file:///a", "what": what, "range": {"start": place, "end": place}}
    )
    return [
        document.lf[carving.holes[0].start : carving.holes[0].end]
        for carving in carvings_of(document, target, PositionEncoding.UTF16)
    ]


def test_each_target_has_its_holes() -> None:
    marked = CLASS.replace("pass", "pa‸ss")
    body, error = "\n        pass", "\n        raise NotImplementedError"
    assert holes(marked, "body") == [body]
    assert holes(marked, "stubsInClass") == [body, error]
    assert holes(marked, "stubsInFile") == [body, error, "\n    ..."]
    assert holes("x = f(‸1)\n", "line") == ["1)"]
    assert holes("def f‸(): \n    return 1\n", "docstring") == [""]


@pytest.mark.parametrize("what", ["body", "docstring", "stubsInClass", "stubsInFile"])
def test_a_place_without_any_says_so(what: str) -> None:
    with pytest.raises(BadRequest, match=r"There is no|This file has no"):
        holes("x = 1‸\n", what)


@pytest.mark.parametrize(
    ("before", "now"), [("stubs in class", "stubsInClass"), ("stubs in file", "stubsInFile")]
)
def test_a_place_is_understood_by_its_older_name_too(before: str, now: str) -> None:
    place = {"line": 0, "character": 0}
    plain = {"uri": "file:///a.py", "what": before, "range": {"start": place, "end": place}}
    target = Target.from_json(plain)
    assert (target.what, target.title) == (now, TITLES[now])
    assert target.to_json()["what"] == now


def test_a_selection_may_be_kept_but_for_a_share_of_it() -> None:
    written, touched, reworked = offered("⟦x = 1⟧\n")
    assert (written.strength, touched.strength, reworked.strength) == (None, 0.2, 0.5)
    assert Target.from_json(touched.to_json()) == touched
    for wrong in (0, 1.5):
        with pytest.raises(ValueError, match="A place to fill looks like"):
            Target.from_json(touched.to_json() | {"strength": wrong})
    with pytest.raises(ValueError, match="A place to fill looks like"):
        Target.from_json(touched.to_json() | {"what": "line"})


def test_a_selection_can_change_less_and_more() -> None:
    written, touched, _ = offered("⟦x = 1⟧\n")
    assert (written.more, touched.less and touched.less.strength) == (None, 0.1)
    up, down = [], []
    target: Target | None = replace(touched, strength=0.05)
    assert target.less is None
    while target := target.more:
        up.append(target.strength)
    target = written
    while target := target.less:
        down.append(target.strength)
    assert up == [*reversed(down), None] == [0.1, 0.2, 0.35, 0.5, 0.75, None]
    (body, *_) = offered(CLASS.replace("pass", "‸pass"))
    assert (body.less, body.more) == (None, None)


def test_what_another_server_complains_of_is_renoised() -> None:
    document = Document.of("x = y\nz = 1\n", "python", "file:///a", 3)
    name = EditorRange(EditorPosition(0, 4), EditorPosition(0, 5))
    line = EditorRange(EditorPosition(1, 2), EditorPosition(1, 2))
    said = [Complaint(name, "no such\n  name"), Complaint(line), Complaint(name, "once more")]
    first, second = repairs(document, said)
    assert first.title == second.title == "Renoise this place"
    assert (first.range, first.strength) == (name, 1.0)
    assert (first.instruction, second.instruction) == ("put this right: no such name", None)
    (long,) = repairs(document, [Complaint(name, "no " * 1000)])
    assert len(long.instruction or "") < 600
    whole = EditorRange(EditorPosition(1, 0), EditorPosition(2, 0))
    assert (second.range, second.strength) == (whole, 0.2)
    (carving,) = carvings_of(document, first, PositionEncoding.UTF16)
    assert document.lf[carving.holes[0].start : carving.holes[0].end] == "y"
