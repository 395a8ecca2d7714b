import pytest

from fillwright.engine.infill.text.cut_words import LONGEST_WORD, word_after, word_before


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("for x in num", "bers:", ("num", "bers")),
        ("$x_1", "", ("$x_1", "")),
        ("x = ", " + y", ("", "")),
        ("é", "é", ("", "")),
        ("naïve", "ïve", ("ve", "")),
        ("n" * LONGEST_WORD, "n" * LONGEST_WORD, ("n" * LONGEST_WORD, "n" * LONGEST_WORD)),
        ("n" * (LONGEST_WORD + 1), "n" * (LONGEST_WORD + 1), ("", "")),
    ],
)
def test_words_at_an_edge(before: str, after: str, words: tuple[str, str]) -> None:
    assert (word_before(before), word_after(after)) == words
