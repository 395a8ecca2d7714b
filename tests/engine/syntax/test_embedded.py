"""Languages inside others: where a stretch begins and ends, and which language it is."""

import pytest

from fillwright.engine.syntax.embedded import embedded_at
from fillwright.engine.syntax.grammars import parser_for


def stretch(source: str, language: str) -> tuple[str, list[str]] | None:
    """The language and the pieces of text of the stretch around the cursor."""
    at = len(source[: source.index("‸")].encode())
    data = source.replace("‸", "").encode()
    parser = parser_for(language)
    assert parser is not None
    found = embedded_at(parser.parse(data), language, at)
    if found is None:
        return None
    assert (found.start, found.end) == (found.ranges[0].start_byte, found.ranges[-1].end_byte)
    return found.language, [data[r.start_byte : r.end_byte].decode() for r in found.ranges]


@pytest.mark.parametrize(
    ("source", "language", "expected"),
    [
        ("<script>é‸</script>", "html", ("javascript", ["é"])),
        ("<script>‸x</script>", "html", ("javascript", ["x"])),
        ('<script type="module">\nx‸\n</script>', "html", ("javascript", ["\nx\n"])),
        ("<script lang='ts'>x‸</script>", "html", ("typescript", ["x"])),
        ('<script setup lang="tsx">x‸</script>', "vue", ("typescriptreact", ["x"])),
        ('<script type="application/json">x‸</script>', "html", None),
        ('<script lang="klingon">x‸</script>', "html", None),
        ("<style media='print'>a {‸}</style>", "html", ("css", ["a {}"])),
        ("<p>‸</p><script>x</script>", "html", None),
        ("```py\nx = 1‸\n```\n", "markdown", ("python", ["x = 1\n"])),
        ("~~~ C++ title\nx‸\n~~~\n", "markdown", ("cpp", ["x\n"])),
        ("```{.rust}\nx‸\n```\n", "markdown", ("rust", ["x\n"])),
        ("- a\n  ```js\n  x\n  y‸\n  ```\n", "markdown", ("javascript", ["x\n", "y\n"])),
        ("> ```go\n> x‸\n> ```\n", "markdown", ("go", ["x\n"])),
        ("```\nx‸\n```\n", "markdown", None),
        ("`x‸`\n", "markdown", None),
        ("x = 1‸\n", "python", None),
    ],
)
def test_the_stretch_around_a_place(
    source: str, language: str, expected: tuple[str, list[str]] | None
) -> None:
    assert stretch(source, language) == expected
