"""Frames: text that comes with a fill, written for the engine and taken back for the editor."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fillwright.engine.request import Hole
from fillwright.lsp_server.carving.carving import Carving
from fillwright.lsp_server.carving.docstrings import carve_docstring
from fillwright.lsp_server.carving.frames import framed
from fillwright.lsp_server.fitting.fit import fit_fill
from fillwright.lsp_server.text.changes import TextChange, applied
from fillwright.lsp_server.text.documents import Document


def hole(at: int, opening: str = "", closing: str = "", end: int | None = None) -> Carving:
    last = at if end is None else end
    return Carving((Hole(at, last),), "free", "", "docstring", False, None, opening, closing)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_docstring_to_come_is_seen_between_its_quotes(line_end: str) -> None:
    text = f"x = 1{line_end}def f(a):{line_end}    return a{line_end}"
    document = Document.of(text, "python")
    carving = carve_docstring(document, document.to_lf(text.index("a)")))
    assert carving is not None
    frame = framed(document, [carving])
    assert frame.document.lf == 'x = 1\ndef f(a):\n    """"""\n    return a\n'
    [inside] = frame.carvings
    assert frame.document.lf[: inside.holes[0].start].endswith('    """')
    fit = fit_fill(frame.document, inside, ["Say a."])
    changes = frame.original(0, fit.changes)
    changed = applied(text, changes)
    assert changed == text.replace(f":{line_end}", f':{line_end}    """Say a."""{line_end}', 1)


def test_what_does_not_fit_leaves_no_frame_behind() -> None:
    document = Document.of("def f(a):\n    return a\n", "python")
    carving = carve_docstring(document, 4)
    assert carving is not None
    assert framed(document, [carving]).original(0, ()) == ()


def test_without_frames_the_document_is_the_same() -> None:
    document = Document.of("x = 1\n", "python")
    frame = framed(document, [hole(4, end=5)])
    assert frame.document is document
    change = TextChange(4, 5, "2")
    assert frame.original(0, [change]) == (change,)


@given(
    st.text(alphabet="ab\n\r", max_size=30),
    st.lists(
        st.tuples(st.integers(0, 30), st.sampled_from(["", "<", "\n<"]), st.text("x", max_size=3)),
        max_size=4,
        unique_by=lambda place: place[0],
    ),
)
@example("aa\ra\n", [(3, "\n<", "x")])
def test_each_fill_comes_into_its_own_place(text: str, places: list[tuple[int, str, str]]) -> None:
    document = Document.of(text, "plaintext")
    ordered = sorted(place for place in places if place[0] <= len(document.lf))
    carvings = [hole(at, opening, ">" if opening else "") for at, opening, _ in ordered]
    frame = framed(document, carvings)
    changes = list[TextChange]()
    for number, (carving, (_, _, fill)) in enumerate(zip(frame.carvings, ordered, strict=True)):
        at = frame.document.from_lf(carving.holes[0].start)
        made = [TextChange(at, at, fill)] if fill else []
        changes += frame.original(number, made)
    expected = document.lf
    for at, opening, fill in reversed(ordered):
        framed_fill = f"{opening}{fill}>" if opening and fill else fill
        expected = expected[:at] + framed_fill + expected[at:]
    assert Document.of(applied(text, changes), "plaintext").lf == expected
