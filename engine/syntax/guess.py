"""Which language a piece of source text is in, where nobody says so.

Knows source text, file names and grammars; knows no documents.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import PurePath

from fillwright.engine.syntax.grammars import grammar_for, parser_for
from fillwright.engine.syntax.languages import SUFFIXES, language_called, language_of_file

UNKNOWN = "plaintext"
LOOKED_AT = 1500
"""Characters before and after the place; a part of the file is enough, and parsing takes time."""

CANDIDATES = (
    "python",
    "javascript",
    "typescript",
    "typescriptreact",
    "go",
    "rust",
    "java",
    "csharp",
    "c",
    "cpp",
    "lua",
    "css",
    "php",
    "ruby",
)
"""Languages whose grammars refuse most other text, the likelier of two that take it first."""

SIGNS = {
    "php": re.compile(r"<\?php"),
    "ruby": re.compile(r"^\s*end\b", re.MULTILINE),
}
"""What a text must have to be in a language whose grammar takes nearly every text."""

FEW_REFUSED = 0.004
"""A grammar that refuses no more is taken, and the others are not tried."""

MOST_REFUSED = 0.1
"""A text of which every grammar refuses a larger share is in none of these languages."""

SAID = re.compile(r"\W+(?:language|lang|filetype|ft)\s*[:=]\s*([\w+#-]+)", re.IGNORECASE)
PATH = re.compile(r"\W*(?:(?:path|file|filename)\s*:\s*)?([\w./\\-]+\.\w+)\W*", re.IGNORECASE)
INTERPRETERS = {"node": "javascript", "deno": "typescript", "bun": "typescript"}


def guessed_language(before: str, after: str, files: Iterable[str] = ()) -> str:
    """The language id of the text around a place, "plaintext" where nothing tells.

    The first line may say it: by a comment with its name or the file's, or by an interpreter. Else
    it is the candidate whose grammar refuses the least; of several, one that `files`, which are
    near, are in.
    """
    said = _said_first(before or after)
    if said is not None:
        return said
    named = [language_of_file(PurePath(file)) for file in files]
    named = [language for language in named if grammar_for(language) is not None]
    named.sort(key=named.count, reverse=True)
    if not (before + after).strip():
        return named[0] if named else UNKNOWN
    head, tail = before[_first_line(before) :], after[:LOOKED_AT]
    # without the line of the place, which is not whole, and then with it, for it may be all there
    # is, or the only line of its block
    whole = head[: head.rfind("\n") + 1] + tail[tail.find("\n") + 1 :]
    language, refused = _least_refused(whole, tuple(named))
    if refused > FEW_REFUSED:
        language, _ = min(
            (language, refused), _least_refused(head + tail, tuple(named)), key=_second
        )
    return named[0] if language == UNKNOWN and named else language


def _said_first(text: str) -> str | None:
    line = text.lstrip("\ufeff\n").split("\n", 1)[0].strip()
    if line.startswith("#!"):
        programs = (word.rsplit("/", 1)[-1] for word in line[2:].split() if word[0] != "-")
        name = next((each for each in programs if each != "env"), "").rstrip("0123456789.")
        return _known(INTERPRETERS.get(name, name))
    if (found := SAID.match(line)) is not None:
        return _known(found[1])
    if (found := PATH.fullmatch(line)) is not None and not line[0].isalnum():
        return _known(language_of_file(PurePath(found[1])))
    return None


def _known(word: str) -> str | None:
    for language in (language_called(word), SUFFIXES.get(word.lower(), UNKNOWN)):
        if grammar_for(language) is not None:
            return language
    return None


@lru_cache(maxsize=64)  # the lines around stay the same while one is written
def _least_refused(text: str, named: tuple[str, ...]) -> tuple[str, float]:
    """A language, and the share of the text that its grammar refuses."""
    best, least = UNKNOWN, MOST_REFUSED
    fair = (one for one in CANDIDATES if one not in SIGNS or SIGNS[one].search(text))
    for language in dict.fromkeys((*named, *fair)):
        refused = _refused(text.encode("utf-8", "replace"), language)
        if refused < least:
            best, least = language, refused
        if refused <= FEW_REFUSED:
            break
    return best, least


def _first_line(text: str) -> int:
    return text.find("\n", len(text) - LOOKED_AT) + 1 if len(text) > LOOKED_AT else 0


def _second(pair: tuple[str, float]) -> float:
    return pair[1]


def _refused(source: bytes, language: str) -> float:
    """The share of the text that the language's grammar cannot make sense of."""
    parser = parser_for(language)
    if parser is None or not source.strip():
        return 1.0
    refused, nodes = 0, [parser.parse(source).root_node]
    while nodes:
        node = nodes.pop()
        if node.is_error or node.is_missing:
            refused += max(1, node.end_byte - node.start_byte)
        elif node.has_error:
            nodes.extend(node.children)
    return refused / len(source)
