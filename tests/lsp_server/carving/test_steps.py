"""One step of indentation, read from what surrounds a place, which is `‸` in the sources."""

import pytest

from fillwright.lsp_server.carving.steps import step_at, step_near, step_of_data
from fillwright.lsp_server.text.documents import Document


def read(source: str, language: str) -> tuple[str | None, str | None, str]:
    """The step near the place, the one of data, and the one that is taken."""
    place = source.index("‸")
    document = Document.of(source.replace("‸", ""), language)
    layer, line = document.layer_at(place), document.lf_lines.line_of(place)
    found = step_near(document, layer, line), step_of_data(document, layer, line)
    return (*found, step_at(document, layer, line))


@pytest.mark.parametrize(
    ("language", "source", "step"),
    [
        ("python", "x = {\n  'a': 1,\n}\ndef f():\n    return x\ndef g():‸\n", "    "),
        ("python", "class A:\n   x = 1\n‸\n", "   "),
        ("java", "class A {\n  int f() {\n    return g(\n        1);\n  }\n‸}\n", "  "),
        ("java", "class A {\n  int x = g(\n      1,\n      2);\n‸}\n", "  "),
        ("cpp", "class A {\n  public:\n    int f() {\n        g();\n    }\n};\n‸\n", "    "),
        ("cpp", "class A {\n  public:\n    int x;\n};\n‸\n", "    "),
        ("c", "int f(void)\n{\n\treturn 1;\n}\n‸\n", "\t"),
        ("go", "package p\n\ntype a struct {\n\tb int\n}\n‸\n", "\t"),
        ("ruby", "class A\n  def f\n    1\n  end\n‸end\n", "  "),
        ("kotlin", "/**\n * A.\n */\nfun f() {\n   g()\n}\n‸\n", "   "),
        ("yaml", "a:\n  b:\n    c: 1\n‸\n", "  "),
        ("html", "<ul>\n   <li>\n   </li>\n</ul>‸\n", "   "),
        ("html", "<p>\n</p>\n<script>\nif (a) {\n    b();‸\n}\n</script>\n", "    "),
        ("klingon", "proc f\n  a\n‸\n", "  "),
        ("makefile", "a:\n    b\n‸\n", "\t"),
    ],
)
def test_bodies_and_blocks_say_it(language: str, source: str, step: str) -> None:
    near, _, taken = read(source, language)
    assert (near, taken) == (step, step)


@pytest.mark.parametrize(
    ("language", "source", "data"),
    [
        ("python", '"""Tool.\n\nUsage:\n  tool run\n"""\n‸\n', None),
        ("typescript", "/**\n * Adds.\n */\n‸\n", None),
        ("go", "/*\n   Licence\n     of it\n*/\npackage p\n‸\n", None),
        ("shellscript", "cat <<'EOF'\na\n   b\nEOF\n‸\n", None),
        ("python", "x = [\n  1,\n]\n‸\n", "  "),
        ("javascript", "const a = {\n   b: 1,\n};\n‸\n", "   "),
        ("python", "x = f(1,\n      2)\n‸\n", None),
        ("python", "‸\n", None),
    ],
)
def test_nothing_else_says_it_but_data_where_nothing_is_better(
    language: str, source: str, data: str | None
) -> None:
    assert read(source, language) == (None, data, data or "    ")


def test_the_bodies_nearest_to_a_place_are_asked() -> None:
    far = "def f():\n  return 1\n\n" * 400
    near = "def g():\n\treturn 1\n\n" * 3
    assert read(far + near + "‸\n", "python")[0] == "\t"
