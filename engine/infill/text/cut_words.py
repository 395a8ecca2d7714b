"""Words that the edge of a hole cuts: the tokens of `num` are not those of `numbers`, so a hole has
the whole of such a word in it. Knows characters only."""

import string

# in ASCII, for that every vocabulary can spell
WORD_CHARACTERS = f"{string.ascii_letters}{string.digits}_$"
LONGEST_WORD = 60
"""Characters; what is longer is data, no name."""


def word_before(text: str) -> str:
    """The word that the text ends with; "" for none, and for one longer than a name: data, which
    no model could spell out."""
    end = text[-LONGEST_WORD - 1 :]
    return _word(end[len(end.rstrip(WORD_CHARACTERS)) :])


def word_after(text: str) -> str:
    """The word that the text begins with, as `word_before`."""
    start = text[: LONGEST_WORD + 1]
    return _word(start[: len(start) - len(start.lstrip(WORD_CHARACTERS))])


def _word(text: str) -> str:
    return text if len(text) <= LONGEST_WORD else ""
