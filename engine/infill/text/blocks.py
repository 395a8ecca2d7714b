"""Where a block ends, told by its indentation. Knows characters only."""

LONG_QUOTES = ('"""', "'''", "`")


def block_end(text: str, indentation: str) -> int | None:
    """The length of a block's text without what leaves the block: the first further line of code
    that begins left of the indentation, and what follows. None where no line does."""
    end = read = 0
    for line in text.splitlines(keepends=True):
        inside = line.startswith(indentation) or _is_in_string(text[:read])
        if end and line.strip() and not inside and not line.startswith("#"):
            return len(text[:end].rstrip())
        read += len(line)
        if line.strip() and (inside or not end):
            end = read
    return None


def own_indentation(text: str) -> str | None:
    """Of the first line of code after the line end that a text begins with, None without."""
    blank, *lines = text.split("\n")
    first = next((line for line in lines if line.strip()), None)
    if blank.strip() or first is None:
        return None
    return first[: len(first) - len(first.lstrip())]


def _is_in_string(text: str) -> bool:
    """Whether a string that may have several lines is open at the end."""
    return any(text.count(quote) % 2 for quote in LONG_QUOTES)
