"""Source text as its grammar can read it: signs of another language are put out of its sight.

The grammar of pages takes the `>` in `{{ a > b }}` for the end of a tag. That of shells takes the
bracket in `${x//)/}` for one that closes something. Knows no trees and no documents; every text
keeps its length and its white space.
"""

import re
from collections.abc import Iterator

from fillwright.engine.syntax.languages import grammar_name

MUSTACHE = re.compile(
    r"\{\{(?:(?!\{\{).)*?\}\}|\{%.*?%\}|\{#(?![a-z]).*?#\}|\{\{[^\n]*|\{%[^\n]*", re.DOTALL
)
EXPANSION = re.compile(r"\$\{#?\w+(?:\[[^\]\n]*\])?[#%/^,:][^{}\n]*\}")
SCRIPT = re.compile(r"<(script|style)\b.*?</\1>", re.DOTALL)
# languages in whose pages single braces hold code
BRACED = frozenset(("svelte",))
MARKUP = "html"


def is_markup(language: str) -> bool:
    """Whether what is written in the language are elements with tags, and texts between them."""
    return grammar_name(language) == MARKUP


def readable(text: str, language: str) -> str:
    """The text with `_` for what its grammar would misread."""
    name = grammar_name(language)
    if name == "bash":
        return EXPANSION.sub(lambda match: re.sub(r"[()<>;&|'\"`]", "_", match.group()), text)
    if name != MARKUP or "{" not in text:
        return text
    if language in BRACED:
        for start, end in reversed(list(_braced(text))):
            text = text[:start] + re.sub(r"\S", "_", text[start:end]) + text[end:]
        return text
    return MUSTACHE.sub(lambda match: re.sub(r"[^\s{}%#]", "_", match.group()), text)


def _braced(text: str) -> Iterator[tuple[int, int]]:
    """What stands between outermost braces that are closed, scripts and styles left out."""
    scripts = [match.span() for match in SCRIPT.finditer(text)]
    depth, start = 0, 0
    for match in re.finditer(r"[{}]", text):
        at = match.start()
        if any(first <= at < end for first, end in scripts):
            continue
        if match.group() == "{":
            start = start if depth else at + 1
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                yield start, at
