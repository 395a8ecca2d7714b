"""The places where the user was lately, as chunks of text, oldest first.

Knows documents and text only. The ring and its two thresholds are llama.vim's. A new chunk takes
the place of those that say nearly the same. One that is like the text around a hole is not shown
there, for it would only lead the model to repeat that text.
"""

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from fillwright.engine.memory.masking import masked
from fillwright.lsp_server.text.documents import Document

CHUNKS = 16
CHUNK_LINES = 48
FAR_LINES = 32
SAME = 0.9
ALIKE = 0.5
SHORTEST = 20
"""SAME and ALIKE are llama.vim's: the newer of two such chunks takes the other's place, and the
prompt shows such a chunk already. The others were set by hand: as many chunks as the prompt of a
chat model holds beside the document; another place begins FAR_LINES away; SHORTEST counts
characters."""


@dataclass(frozen=True)
class Chunk:
    """Lines `first..last` of a document, with secrets masked."""

    uri: str
    text: str
    first: int
    last: int
    words: Counter[str] = field(repr=False)


class RecentChunks:
    """A ring of chunks. The place where the user is now is not in it yet."""

    def __init__(self) -> None:
        self._chunks: deque[Chunk] = deque(maxlen=CHUNKS)
        self._here: tuple[Document, int] | None = None

    def visit(self, document: Document, line: int) -> None:
        """The user is at a line of a document now; where they were is kept if that was far off."""
        if self._here is not None:
            there, before = self._here
            if there.uri != document.uri or abs(before - line) > FAR_LINES:
                self._keep(_chunk(there, before))
        self._here = document, line

    def forget(self, unwanted: Callable[[str], bool]) -> None:
        """Drop the chunks of documents whose URI is unwanted."""
        kept = [chunk for chunk in self._chunks if not unwanted(chunk.uri)]
        self._chunks = deque(kept, maxlen=CHUNKS)

    def unlike(self, text: str) -> Iterator[Chunk]:
        """The chunks that are not like a text, newest first."""
        words = _words(text)
        for chunk in reversed(self._chunks):
            if similarity(chunk.words, words) <= ALIKE:
                yield chunk

    def _keep(self, chunk: Chunk) -> None:
        if len(chunk.text) < SHORTEST:
            return
        kept = [one for one in self._chunks if similarity(one.words, chunk.words) <= SAME]
        self._chunks = deque([*kept, chunk], maxlen=CHUNKS)


def similarity(one: Counter[str], other: Counter[str]) -> float:
    """Twice the number of words in common over that of all words: 0 to 1."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0


def _chunk(document: Document, line: int) -> Chunk:
    lines = document.lf_lines
    first = max(0, min(line, len(lines) - 1) - CHUNK_LINES // 2)
    last = min(len(lines) - 1, first + CHUNK_LINES - 1)
    text = masked(document.lf[lines.starts[first] : lines.end_of(last)]).strip("\n")
    return Chunk(document.uri, text, first, last, _words(text))


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))
