"""Fills that only hold the place of code to come. In the sources `‸` is the cursor, or `⟦⟧` a
selection."""

import pytest

from fillwright.engine.request import Infill
from fillwright.lsp_server.carving.carving import carve_body, carve_line_end, carve_selection
from fillwright.lsp_server.carving.docstrings import carve_docstring
from fillwright.lsp_server.cli.fill import fit_each
from fillwright.lsp_server.fitting.fit import Fit
from fillwright.lsp_server.fitting.stub import fit_written
from fillwright.lsp_server.suggestions.ghost_text import carve_ghost, ghost_text
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.reasons import Reason

SOURCES = {
    "c": "int f(void) {\n    ‸\n}\n",
    "csharp": "class A {\n    int F() {\n        ‸\n    }\n}\n",
    "go": "package a\n\nfunc f() int {\n\t‸\n}\n",
    "java": "class A {\n    int f() {\n        ‸\n    }\n}\n",
    "javascript": "function f() {\n  ‸\n}\n",
    "php": "<?php\nfunction f() {\n    ‸\n}\n",
    "python": "def f():\n    ‸pass\n",
    "ruby": "def f\n  ‸\nend\n",
    "rust": "fn f() -> i32 {\n    todo!(‸)\n}\n",
    "typescript": "class A {\n  f(): number {\n    ‸\n  }\n}\n",
}


def of(source: str, language: str) -> tuple[Document, int]:
    return Document.of(source.replace("‸", ""), language), source.index("‸")


def code(fit: Fit) -> str | None:
    return fit.dropped[0].code if fit.dropped else None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("csharp", "\n        throw new NotImplementedException();"),
        ("go", '\n\tpanic("not implemented")'),
        ("java", "\n        throw new UnsupportedOperationException();"),
        ("javascript", '\n  throw new Error("not implemented");'),
        ("javascript", "\n  // says nothing"),
        ("php", "\n    throw new Exception('Not implemented');"),
        ("python", "\n    ..."),
        ("python", "\n    raise NotImplementedError('later')"),
        ("python", "\n    # first\n    pass"),
        ("python", '\n    """Say what it does."""'),
        ("ruby", "\n  raise NotImplementedError"),
        ("rust", "\n    unimplemented!()"),
        ("rust", '\n    todo!("later")'),
        ("typescript", '\n    throw new Error("Not implemented");'),
    ],
)
def test_a_body_that_is_a_stub_again_is_refused(language: str, text: str) -> None:
    document, at = of(SOURCES[language], language)
    carving = carve_body(document, at)
    assert carving is not None
    assert code(fit_written(document, carving, text)) == "stub"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("c", "\n    return 1;"),
        ("go", "\n\treturn 1"),
        ("javascript", '\n  throw new Error("no such book");'),
        ("python", "\n    raise ValueError"),
        ("python", "\n    pass\n    return 1"),
        ("rust", "\n    1"),
    ],
)
def test_a_body_with_code_is_none(language: str, text: str) -> None:
    document, at = of(SOURCES[language], language)
    carving = carve_body(document, at)
    assert carving is not None
    assert code(fit_written(document, carving, text)) is None


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("def f():\n    ‸", "pass", "stub"),
        ("def f(): ‸\n", "...", "stub"),
        ("def f(): ‸\n", "return 1", None),
        # the user wrote the better part of it
        ("def f():\n    raise ‸\n", "NotImplementedError", None),
        # a head with it, on one line
        ("def ‸\n", "f(): pass", None),
        # in no function
        ("x = ‸\n", "...", None),
        ("class A:\n    ‸\n", "pass", None),
        ("if x:\n    ‸\n", "pass", None),
    ],
)
def test_a_line_that_is_a_placeholder_is_refused(
    source: str, text: str, expected: str | None
) -> None:
    document, at = of(source, "python")
    assert code(fit_written(document, carve_line_end(document, at), text)) == expected


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("def f(a):\n    ⟦return len(a)⟧\n", "raise NotImplementedError", "stub"),
        ("⟦def f(a):\n    return len(a)⟧\n", "def f(a):\n    pass", "stub"),
        ("def f():\n    ⟦pass⟧\n", "...", "stub"),
        ("def f():\n    x = 1\n    ⟦return x⟧\n", "pass", None),
        ("def f():\n    ⟦# a\n⟧    pass\n", "# b\n", None),
        ("def f(⟦a⟧):\n    pass\n", "b", None),
        ("⟦a = 1\ndef f():\n    return 1⟧\n", "b = 1\ndef f():\n    ...", "stub"),
        # one of several functions
        (
            "⟦def f():\n    return 1\ndef g():\n    pass⟧\n",
            "def f():\n    return 2\ndef g():\n    pass",
            None,
        ),
    ],
)
def test_a_selection_does_not_become_a_stub(source: str, text: str, expected: str | None) -> None:
    start, end = source.index("⟦"), source.index("⟧") - 1
    document = Document.of(source.replace("⟦", "").replace("⟧", ""), "python")
    assert code(fit_written(document, carve_selection(document, start, end), text)) == expected


def test_a_declaration_may_stay_bare() -> None:
    document, at = of("@abstractmethod\ndef f():\n    ‸pass\n", "python")
    carving = carve_body(document, at)
    assert carving is not None
    assert code(fit_written(document, carving, "\n    ...")) is None


def test_the_docstring_of_a_stub_is_filled() -> None:
    document, at = of('def f():\n    """‸"""\n    pass\n', "python")
    carving = carve_docstring(document, at)
    assert carving is not None
    assert code(fit_written(document, carving, "Say what it does.")) is None


def test_in_a_page_and_in_carriage_returns() -> None:
    page = "<p>\n<script>\nfunction f() {\n  ‸\n}\n</script>\n"
    for source in (page, page.replace("\n", "\r\n")):
        document, at = of(source, "html")
        carving = carve_body(document, document.to_lf(at))
        assert carving is not None
        assert code(fit_written(document, carving, "\n  throw new Error('todo');")) == "stub"
        assert code(fit_written(document, carving, "\n  return 1;")) is None


def test_the_command_line_writes_no_stub() -> None:
    document, at = of(SOURCES["python"], "python")
    carving = carve_body(document, at)
    assert carving is not None
    infill = Infill(("\n    ...",), ((0.9,),), "settled", 1, 1, "draft", "", "")
    (fit,) = fit_each(document, [carving], infill)
    assert code(fit) == "stub"


def test_ghost_text_has_the_reason() -> None:
    document, at = of("def f():\n    ‸\n", "python")
    reason = ghost_text(document, at, carve_ghost(document, at), "\n    pass")
    assert isinstance(reason, Reason)
    assert (reason.code, reason.message) == (
        "stub",
        "The model only wrote that the code is still to come.",
    )


OTHERS = "".join(f"def f{number}(x):\n    return x + {number}\n\n\n" for number in range(400))
MANY = "".join(f"    x{number} = {number}\n" for number in range(600))


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("function", "stub"),
    [
        ("def g(x):\n    ‸\n", True),
        ("class A:\n    def g(self, x):\n        ‸\n", True),
        (f'def g(x):\n    """Says."""\n    # first\n    ‸\n{MANY}', False),
        (f"def g(x):\n{MANY}    ‸\n", False),
    ],
)
def test_a_stub_in_a_long_document_is_one(function: str, stub: bool, line_end: str) -> None:
    source = (OTHERS + function + "\n\n" + OTHERS).replace("\n", line_end)
    at = len(source.partition("‸")[0].replace(line_end, "\n"))
    document = Document.of(source.replace("‸", ""), "python")
    carving = carve_line_end(document, at)
    assert carving is not None
    assert code(fit_written(document, carving, "pass")) == ("stub" if stub else None)
