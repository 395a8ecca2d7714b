"""The part of a document that a trial looks at: small, whole around the hole, no worse."""

import pytest

from fillwright.engine.request import Hole
from fillwright.lsp_server.fitting.surroundings import SHORT_ENOUGH, surroundings
from fillwright.lsp_server.text.documents import Document

MEMBER = "    int part{n}(int x) {{\n        return x + {n};\n    }}\n\n"
CLASS = "class A {\n" + "".join(MEMBER.format(n=n) for n in range(500)) + "}\n"
FUNCTIONS = "".join(f"def part{n}(x):\n    return x + {n}\n\n\n" for n in range(500))


def around(source: str, language: str, mark: str) -> tuple[Document, Hole]:
    document = Document.of(source, language)
    start = source.index(mark)
    tree = document.tree
    assert tree is not None
    return surroundings(document, tree, Hole(start, start + len(mark)))


@pytest.mark.parametrize(("source", "language"), [(CLASS, "java"), (FUNCTIONS, "python")])
@pytest.mark.parametrize("number", [0, 7, 250, 499])
def test_far_code_is_left_out(source: str, language: str, number: int) -> None:
    mark = f"x + {number}"
    document, hole = around(source, language, mark)
    assert document.lf[hole.start : hole.end] == mark
    assert len(document.lf) < SHORT_ENOUGH / 4
    assert f"part{number}(" in document.lf
    assert document.tree is not None
    assert not document.tree.root_node.has_error


@pytest.mark.parametrize("comments", ["    # later\n", "    # later\n    # b\n    # c\n    # d\n"])
def test_a_function_in_which_only_comments_stand_is_there(comments: str) -> None:
    source = f"{FUNCTIONS}def whole(x):\n{comments}\n\n{FUNCTIONS}"
    end = source.index(comments) + len(comments) - 1
    document = Document.of(source, "python")
    assert document.tree is not None
    near, hole = surroundings(document, document.tree, Hole(end, end))
    assert f"def whole(x):\n{comments}" in near.lf
    assert near.lf[: hole.start].endswith(comments.rstrip())
    assert len(near.lf) < SHORT_ENOUGH / 4


def test_a_short_document_is_all_there() -> None:
    source = FUNCTIONS[: SHORT_ENOUGH - 100]
    document, hole = around(source, "python", "x + 5")
    assert document.lf == source
    assert hole.start == source.index("x + 5")


def test_near_a_broken_place_the_break_is_seen() -> None:
    source = FUNCTIONS.replace("x + 250", "x + (")
    document, _ = around(source, "python", "x + 251")
    assert document.tree is not None
    assert document.tree.root_node.has_error


def test_a_document_broken_to_the_root_is_cut_by_lines() -> None:
    source = "}\n" + "if (x) { foo(\n" * 1000
    document, hole = around(source, "javascript", "if (x) { foo(\n")
    assert len(document.lf) < len(source)
    assert document.lf[hole.start : hole.end] == "if (x) { foo(\n"
