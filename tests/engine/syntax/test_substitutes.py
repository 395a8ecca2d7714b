import pytest

from fillwright.engine.syntax.substitutes import substitutes

PYTHON = '''LIMIT = 3


def total(shapes, start):
    """Adds 1 and 2."""
    for shape in shapes:
        if shape.width < LIMIT and start != 10:
            start += shape.height
    return start
'''


def others(text: str, language: str, start: int = 0, names: int = 3) -> dict[str, tuple[str, ...]]:
    """What could stand in the place of each token, by its text; the last one of each."""
    places = substitutes(text, language, start, len(text), names)
    return {text[place.start : place.end]: place.others for place in places}


def test_each_token_has_others_of_its_kind() -> None:
    found = others(PYTHON, "python", PYTHON.index("    for"))
    assert found["<"][:2] == ("==", "!=")
    assert found["and"] == ("or",)
    assert found["+="] == ("-=",)
    assert found["10"] == ("9", "11", "0", "1", "2")
    # the nearest first, and no more than asked for
    assert found["height"] == ("shape", "start", "LIMIT")
    assert not {"for", "in"} & set(found)
    assert "Adds" not in found
    assert "1" not in found


@pytest.mark.parametrize(
    ("language", "text", "own", "wanted"),
    [
        ("javascript", "const f = (a) => a === 1 && true;\n", "===", "!=="),
        ("javascript", "const f = (a) => a === 1 && true;\n", "&&", "||"),
        ("javascript", "const f = (a) => a === 1 && true;\n", "true", "false"),
        ("javascript", "const f = (a) => a < 1;\n", "<", "<="),
        ("go", "package p\n\nfunc f(a int) int { a++; return a - 1 }\n", "++", "--"),
        ("go", "package p\n\nfunc f(a int) int { a++; return a - 1 }\n", "-", "+"),
    ],
)
def test_other_languages_have_their_own(language: str, text: str, own: str, wanted: str) -> None:
    found = others(text, language)
    assert wanted in found[own]
    # words are operators in Python alone
    assert not {"in", "is", "not in", "is not"} & set(found[own])


def test_places_count_characters_and_lie_in_the_range() -> None:
    text = "é = 'ü'\nword = é + 1\n"
    start = text.index("word")
    places = substitutes(text, "python", start, len(text) - 3, 3)
    assert [text[place.start : place.end] for place in places] == ["word", "é", "+"]
    assert substitutes(text, "no language", 0, len(text), 3) == []
    assert substitutes("x = 12345\ny = 1.5\n", "python", 0, 18, 0) == []
