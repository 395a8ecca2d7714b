"""Diffs are judged by `git apply`, which has its own reading of them."""

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.lsp_server.cli.diff import unified_diff
from fillwright.lsp_server.text.changes import TextChange, applied

TEN = "".join(f"line {number}\n" for number in range(1, 11))


def diff_of(before: str, changes: list[TextChange]) -> str:
    return unified_diff(before, applied(before, changes), "a/a.py", "b/a.py")


def replace(text: str, old: str, new: str) -> TextChange:
    start = text.index(old)
    return TextChange(start, start + len(old), new)


def test_a_changed_line_stands_in_three_lines_of_context() -> None:
    assert diff_of(TEN, [replace(TEN, "5", "five\nand a half")]) == (
        "--- a/a.py\n+++ b/a.py\n@@ -2,7 +2,8 @@\n"
        " line 2\n line 3\n line 4\n-line 5\n+line five\n+and a half\n line 6\n line 7\n line 8\n"
    )


def test_no_change_is_no_diff() -> None:
    assert diff_of(TEN, []) == ""
    assert diff_of(TEN, [replace(TEN, "5", "5")]) == ""


@pytest.mark.parametrize(
    ("before", "changes"),
    [
        ("", [TextChange(0, 0, "x = 1")]),
        ("", [TextChange(0, 0, "x = 1\n")]),
        ("x", [TextChange(1, 1, " = 1")]),
        ("x = 1", [TextChange(0, 5, "")]),
        ("x\r\ny\r\n", [TextChange(0, 1, "z")]),
        ("a\n", [TextChange(2, 2, "b")]),
        ("a\n", [TextChange(1, 2, "")]),
        (TEN, [replace(TEN, "line 1\n", ""), replace(TEN, "9", "nine")]),
        (TEN, [replace(TEN, "3", "three"), replace(TEN, "line 4", "")]),
        (TEN, [replace(TEN, "1\nline 2", "-"), replace(TEN, "line 10\n", "ten")]),
    ],
)
def test_git_applies_the_diff(tmp_path: Path, before: str, changes: list[TextChange]) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(before.encode())
    diff = diff_of(before, changes)
    subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"], input=diff.encode(), cwd=tmp_path, check=True
    )
    after = file.read_bytes() if file.exists() else b""
    assert after == applied(before, changes).encode()


@st.composite
def changed_texts(draw: st.DrawFn) -> tuple[str, list[TextChange]]:
    pieces = st.text(st.sampled_from("ab\n\r\u2028"), max_size=6)
    text = draw(st.text(st.sampled_from("aab\n\n\r"), max_size=60))
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    spans = zip(places[::2], places[1::2], strict=False)
    return text, [TextChange(start, end, draw(pieces)) for start, end in spans]


@given(changed_texts())
def test_the_rows_of_the_diff_are_the_old_and_the_new_lines(
    case: tuple[str, list[TextChange]],
) -> None:
    before, changes = case
    diff = diff_of(before, changes)
    new_lines = list[str]()
    lines = re.findall(r"[^\n]*\n|[^\n]+", before)
    shown = 0
    for hunk in re.split(r"^@@ ", diff, flags=re.M)[1:]:
        header, _, body = hunk.partition("\n")
        first, count = re.match(r"-(\d+)(?:,(\d+))?", header).groups()  # type: ignore[union-attr]
        start = int(first) - (count != "0")
        new_lines += lines[shown:start]
        rows = re.findall(r"([ +-])([^\n]*\n)(\\ No newline at end of file\n)?", body)
        found = [(mark, line[: -1 if unended else None]) for mark, line, unended in rows]
        old = [line for mark, line in found if mark != "+"]
        assert old == lines[start : start + len(old)]
        new_lines += [line for mark, line in found if mark != "-"]
        shown = start + len(old)
    assert "".join(new_lines + lines[shown:]) == applied(before, changes)
