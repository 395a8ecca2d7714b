"""Pages to punch holes into: whole documents, and functions cut out of them.

Knows text and spans; knows no tokens.
"""

import re
import textwrap
from dataclasses import dataclass
from random import Random

import numpy as np

from fillwright.engine.sources.corpus import SPAN_KINDS

FUNCTION_CHARACTERS = range(120, 2500)
BODY = SPAN_KINDS.index("body")
STUBS = {"python": ("...", "pass", "raise NotImplementedError", "# TODO")}
OTHER_STUBS = ("// TODO", 'throw new Error("not implemented");')
PROSE = [SPAN_KINDS.index(kind) for kind in ("docstring", "comment", "import")]


@dataclass(frozen=True, slots=True)
class Page:
    """A document, or one function of it; spans int32 [spans, 3] as `Corpus.document_spans`."""

    text: str
    spans: np.ndarray
    language: str
    standalone: bool = False

    def is_prose(self, start: int, end: int) -> bool:
        """Whether what a hole holds begins in a docstring, a comment or an import, as far as the
        spans or its first line tell."""
        start += len(self.text[start:end]) - len(self.text[start:end].lstrip())
        first, last = line_around(self.text, start)
        if self.text[first:last].lstrip().startswith(("#", "//", "import ", "from ")):
            return True
        kinds, starts, ends = self.spans.T
        return bool((np.isin(kinds, PROSE) & (starts <= start) & (start < ends)).any())

    @property
    def bodies(self) -> np.ndarray:
        """The spans of function bodies, int32 [bodies, 3]."""
        found: np.ndarray = self.spans[self.spans[:, 0] == BODY]
        return found

    def is_body(self, start: int, end: int) -> bool:
        return bool((self.bodies[:, 1:] == (start, end)).all(1).any())

    def stubbed(self, after: int, random: Random) -> "Page":
        """This page with one stub for every body that begins after `after`; without spans."""
        stub = random.choice(STUBS.get(self.language, OTHER_STUBS))
        text, at = self.text[:after], after
        for _, start, end in self.bodies[self.bodies[:, 1].argsort(kind="stable")].tolist():
            indent = re.match(r"\n[ \t]*", self.text[start:end])
            if start >= at and indent:
                text += self.text[at:start] + indent[0] + stub
                at = end
        return Page(text + self.text[at:], self.spans[:0], self.language)

    def function(self, body: np.ndarray) -> "Page":
        """The page of the function with this body span: whole lines from its header on, moved to
        the margin. Only a function that stood there keeps its spans."""
        header = self.text.rfind("def ", 0, body[1]) if self.language == "python" else body[1]
        start = self.text.rfind("\n", 0, header) + 1
        end = line_around(self.text, int(body[2]))[1]
        inside = self.spans[(self.spans[:, 1] > start) & (self.spans[:, 2] <= end)]
        text = self.text[start:end] + "\n"
        if text[:1].isspace():
            return Page(textwrap.dedent(text), inside[:0], self.language)
        return Page(text, inside - np.array([0, start, start], inside.dtype), self.language)


def line_around(text: str, at: int) -> tuple[int, int]:
    """The half-open range of the line that holds character `at`, without its line end."""
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    return start, len(text) if end < 0 else end
