"""What brackets and quotes a text leaves open. Knows characters; of languages only that."""

BRACKETS = {"(": ")", "[": "]", "{": "}"}
QUOTES = "\"'`"


def closers(text: str) -> str:
    """What closes the brackets and the quote that `text` leaves open, the innermost first."""
    open_: list[str] = []
    escaped = False
    for character in text:
        quoted = bool(open_) and open_[-1] in QUOTES
        if escaped:
            escaped = False
        elif quoted:
            escaped = character == "\\"
            if character == open_[-1]:
                open_.pop()
        elif character in QUOTES:
            open_.append(character)
        elif character in BRACKETS:
            open_.append(BRACKETS[character])
        elif open_ and character == open_[-1]:
            open_.pop()
    return "".join(reversed(open_))
