"""Unified diffs of two texts, as `git diff` writes them. Knows no files, terminals and colours."""

import difflib
import io

NO_NEWLINE = "\\ No newline at end of file\n"


def unified_diff(before: str, after: str, old_name: str, new_name: str) -> str:
    """The change from one text to another; "" when nothing changes.

    Lines end at "\\n" alone, as in every diff: a "\\r" before it belongs to its line.
    """
    rows = difflib.unified_diff(_lines(before), _lines(after), old_name, new_name)
    return "".join(row if row.endswith("\n") else f"{row}\n{NO_NEWLINE}" for row in rows)


def _lines(text: str) -> list[str]:
    return list(io.StringIO(text, newline="\n"))
