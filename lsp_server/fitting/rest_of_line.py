"""What stays of the rest of a line after a text that is written before it.

A text for the rest of a line takes its place: it says all of that, or the beginning. Text only:
others try which way leaves the fewest faults.
"""

import re
from collections import Counter

from fillwright.engine.syntax.readable import is_markup, readable
from fillwright.lsp_server.fitting.brackets import CLOSING, lone_quotes, open_brackets, unopened
from fillwright.lsp_server.fitting.layouts import line_ends
from fillwright.lsp_server.fitting.place import Place
from fillwright.lsp_server.fitting.repairs import with_rest, without_closers

WORD = re.compile(r"\w+")
NAME = re.compile(r"\w+(?:[-./:]+\w+)*")
ONLY_CLOSERS = re.compile(r"[)\]}]+[;,]?")
GOES_ON = "\\"
LINK = re.compile(r"\s*(?:&&|\|\|?|;)\s*\\")
# a tag that is open, with whole attributes and the beginning of another
ATTRIBUTES = re.compile(
    r"""(?:^|[\s({\[,>])<[A-Za-z][\w.:-]*(?:\s+(?:[^\s"'<>={}]+(?:=(?:"[^"]*"|'[^']*'|\{[^{}]*\}))?"""
    r"""|\{[^{}]*\}))*\s+[\w:@.#*-]*$"""
)
SIGN_OF_TAG = re.compile(r"[<>]")
TEMPLATE = re.compile(r"(?:\{\{|\{%|\{)(?=[^{}]*$)")
CLOSERS = {"{{": "}}", "{%": "%}", "{": "}"}
VALUE = re.compile(r"""=(?:"[^"]*"|'[^']*')""")
TAG = re.compile(r"<(?P<end>/?)(?P<name>[\w.:-]++)[^<>]*?(?P<alone>/?)>")


def with_rest_of_line(text: str, place: Place, language: str) -> list[str]:
    """The ways to end a line with `text`, the likeliest first: with none of what stands there now,
    with as much of it as is needed, or with all that the text says nothing of."""
    said, code = text.rstrip(), place.code
    ends = [said, *with_rest(text, code), *without_closers(said)]
    if _says_one_word(said, place):
        ends = [said + code]
    elif rest := _rest_of_tag(said, place, language):
        ends = [said + rest]
    elif code.endswith(GOES_ON) and not said.endswith(GOES_ON):
        # the next line goes on with this one
        ends = [said + " " + code.strip()]
    elif LINK.fullmatch(code) and not said.endswith(code.strip()):
        # and is another command
        ends = [said.removesuffix(GOES_ON).rstrip() + " " + code.strip()]
    elif within := _within_bracket(said, code):
        # what closes no bracket may be the whole rest
        ends.insert(1 if within == said else 0, within + code)
    return _even_first([end for way in ends for end in line_ends(way, place)], place, language)


def _says_one_word(text: str, place: Place) -> bool:
    """Whether a text is only a word, or the end of the one before the cursor, or a name or path
    where a blank follows, and so says nothing of what follows it."""
    word = NAME if place.code[:1].isspace() else WORD
    follows = place.code.strip() and not WORD.match(place.code)
    return bool(follows and word.fullmatch(text))


def _within_bracket(text: str, code: str) -> str:
    """The text up to the bracket that `code` goes on from, where the text says no more than that
    closer of it, and so nothing of what follows. "" elsewhere."""
    rest = code.strip()
    if rest[:1] not in CLOSING or ONLY_CLOSERS.fullmatch(rest):
        return ""
    end = next(iter(unopened(text)), len(text))
    said = text[end:]
    if said and not (said[0] == rest[0] and ONLY_CLOSERS.fullmatch(said)):
        return ""
    return text[:end].rstrip()


def _rest_of_tag(text: str, place: Place, language: str) -> str:
    """What stands after a text that goes on within an element's tag, or in markup within a
    template's, and does not close it: all other attributes, and all that follows the tag. "" where
    there is none."""
    code = place.code
    if ATTRIBUTES.search(place.before) and ">" in code and not SIGN_OF_TAG.search(text):
        return code if code[:1].isspace() else ""
    opened = TEMPLATE.search(place.before) if is_markup(language) else None
    closer = CLOSERS[opened.group()] if opened else ""
    if not closer or closer in text or closer not in code:
        return ""
    before, sign, after = code.partition(closer)
    return before[len(before.rstrip()) :] + sign + after


def _even_first(ways: list[str], place: Place, language: str) -> list[str]:
    """The ways that leave no quotation mark of a line alone if none is now, or all if none does;
    first those that leave no more brackets and tags open, which a parser may take for text."""
    if not place.code.strip():
        return ways
    line = place.before + place.written
    quoted = [way for way in ways if lone_quotes(place.before + way) <= lone_quotes(line)]
    now = _left_open(line, language)
    return sorted(
        quoted or ways,
        key=lambda way: not _as_closed(_left_open(place.before + way, language), now),
    )


def _as_closed(left_open: Counter[str], now: Counter[str]) -> bool:
    return all(abs(count) <= abs(now[name]) for name, count in left_open.items())


def _left_open(line: str, language: str) -> Counter[str]:
    """How many more brackets of each kind are opened than closed; in markup braces, and tags of
    each name."""
    if not is_markup(language):
        return open_brackets(line)
    line = VALUE.sub("", readable(line, language))
    counts = Counter[str]()
    for match in TAG.finditer(line):
        if not match["alone"]:
            counts[match["name"]] += -1 if match["end"] else 1
    for opener, closer in ("{}", "<>", ("{%", "%}")):
        counts[opener] = line.count(opener) - line.count(closer)
    return counts
