"""Finding where a fill says again what stands around its hole.

Text only: knows no syntax and no documents. Two lines are alike when they hold the same words and
signs: blanks, the kind of quotes and a separator at the end do not count. Where a repetition may be
meant, both ways are offered, the likelier first.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import product

Tokens = list[str]

TOKEN = re.compile(r"\w+|[^\w\s]")
WORD = re.compile(r"\w+")
ACCESS = ("::", "->")
SURE_REPEAT = 3
NEARLY = 0.9
"""So many tokens said again are no chance, and lines that are so alike are the same but for white
space or a name. Set by hand on the cases of `fixtures/edits`."""
# what closes a block in words says no more than a bracket does
CLOSING_TAG = re.compile(r"\{ (?:/ \w+|% end\w+(?: \w+)? %) \}")
CLOSING_WORDS = frozenset(
    (
        *("end", "fi", "done", "esac", "then", "do", "else"),
        *("endif", "endfor", "endforeach", "endwhile", "endswitch"),
    )
)


def without_head(text: str, before: str, *, fresh: bool = False) -> list[str]:
    """The text without what it repeats from the end of `before`, the rest of the line before it.

    A word begun in `before` is completed by a text that begins with the whole word. A `fresh` text
    belongs on the next line: its indentation says nothing of that line.
    """
    said = before.lstrip()
    blanks = before[len(before.rstrip()) :]
    gap = bool(blanks)
    for match in TOKEN.finditer(said):
        head = said[match.start() :].rstrip()
        whole = match.start() == 0 and (
            gap or TOKEN.fullmatch(head) is None or (not fresh and _is_indented(text, before))
        )
        begun = text.lstrip() if whole else text.lstrip(" \t") if gap else text
        if not begun.startswith(head):
            continue
        rest = begun[len(head) :]
        goes_on = head[-1:].isalnum() and (rest[:1].isalnum() or rest[:1] == "_")
        if (gap or fresh) and goes_on:
            continue
        # columns are set apart by more blanks than stand there so far
        cut = rest[len(blanks) :] if rest.startswith(blanks) else rest.lstrip(" \t")
        # digits and underscores may well be followed by more of them
        word = re.fullmatch(r"\w*[^\W\d_]\w*", head) is not None
        # the line so far has its gap when it is said again too, and a comment's last word may well
        # be the name that is called below it
        if (gap or (fresh and word)) and rest[:1] and not rest[0].isspace():
            return [text, cut]
        surely = whole or head.endswith(ACCESS) or (word and not gap)
        return [cut, text] if surely else [text, cut]
    return [text]


def _is_indented(text: str, before: str) -> bool:
    """Whether the text begins with the indentation of the line that it goes on with."""
    indent = before[: len(before) - len(before.lstrip())]
    return bool(indent) and text.startswith(indent)


def without_tail(text: str, before: str, after: str, below: Sequence[str]) -> list[str]:
    """The text up to where it repeats what stands after the hole: `after`, the rest of the line,
    or `below`, the lines under it.

    What has words in it is cut. Brackets alone may be meant: both ways are offered.
    """
    if after.strip():
        return _without_rest(text, after)
    lines = (before + text).split("\n")
    filled = [number for number, line in enumerate(lines) if line.strip()]
    mine = [_tokens(lines[number]) for number in filled]
    theirs = [_tokens(line) for line in below]
    # what is the same is looked for first: a few lines more or less are nearly the same too
    for count, (at, number) in product((_alike, _nearly_alike), enumerate(filled)):
        alike = count(mine[at:], theirs)
        if alike and (at + alike == len(filled) or alike >= SURE_REPEAT):
            shortened = "\n".join(lines[:number])[len(before) :]
            says_something = any(map(_says_something, mine[at : at + alike]))
            return [shortened] if says_something else [text, shortened]
    return [text]


def says_again(text: str, below: Sequence[str]) -> bool:
    """Whether the first line of the text is the first one below the hole."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    return bool(below) and _tokens(first) == _tokens(below[0])


def _without_rest(text: str, after: str) -> list[str]:
    mine, theirs = list(TOKEN.finditer(text)), TOKEN.findall(after)
    for count in range(min(len(mine), len(theirs)), 0, -1):
        if [match.group() for match in mine[-count:]] != theirs[:count]:
            continue
        shortened = text[: mine[-count].start()]
        whole = count == len(theirs) and any(map(str.isalnum, theirs))
        if after[0].isspace():
            shortened = shortened.rstrip()
        return [shortened] if whole else [text, shortened]
    return [text]


def _alike(lines: Sequence[Tokens], below: Sequence[Tokens]) -> int:
    """How many lines from the first on are those below; the last one may break off."""
    pairs = list(zip(lines, below, strict=False))
    alike = next((at for at, (mine, theirs) in enumerate(pairs) if mine != theirs), len(pairs))
    if alike == len(lines) - 1 > 0 and alike < len(pairs):
        alike += _breaks_off(*pairs[alike])
    return alike


def _nearly_alike(lines: Sequence[Tokens], below: Sequence[Tokens]) -> int:
    """The same, where the lines need only be nearly those below; the first one is the same, or the
    repetition begins further down."""
    pairs, alike = list(zip(lines, below, strict=False)), _alike(lines, below)
    if 0 < alike < SURE_REPEAT <= len(pairs) == len(lines) and _nearly_equal(pairs):
        return len(lines)
    return alike


def _breaks_off(mine: Tokens, theirs: Tokens) -> bool:
    """Whether the first tokens are the same, and the last one of mine is at least a beginning."""
    last = len(mine) - 1
    return last < len(theirs) and mine[:-1] == theirs[:last] and theirs[last].startswith(mine[-1])


def _nearly_equal(pairs: Sequence[tuple[Tokens, Tokens]]) -> bool:
    mine, theirs = ([token for line in side for token in line] for side in zip(*pairs, strict=True))
    matcher = SequenceMatcher(None, mine, theirs, autojunk=False)
    return matcher.real_quick_ratio() >= NEARLY and matcher.ratio() >= NEARLY


def _tokens(line: str) -> Tokens:
    return TOKEN.findall(line.replace("'", '"').rstrip().rstrip(",;")) or [""]


def _says_something(line: Tokens) -> bool:
    # a closing tag closes what it names, and the one below something else
    if (line[:2] == ["<", "/"] and line.count("<") == 1) or CLOSING_TAG.fullmatch(" ".join(line)):
        return False
    return any(token not in CLOSING_WORDS and WORD.fullmatch(token) for token in line)
