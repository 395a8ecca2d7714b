"""What the model should see besides the surroundings of a hole: imports, signatures, recent places.

Knows documents and what may be shown; knows no engine and no LSP types. What changes seldom stands
first, so that a prefix KV cache survives keystrokes. The embedded model has learnt no context and
is shown none; models that chat are.
"""

import re
import time
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from fillwright.engine.memory.masking import masked
from fillwright.engine.request import Hole, Snippet
from fillwright.lsp_server.context.outline import Signature, imports, signatures
from fillwright.lsp_server.context.recent_chunks import RecentChunks
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.fitness import unfit
from fillwright.lsp_server.text.subscribers import DocumentEdit

DEADLINE_S = 0.030
"""What is not found by then is left out: a fill must not wait for its snippets."""
# what a chat prompt shows of the document by itself, in characters
SEEN_BEFORE = 16_000
SEEN_AFTER = 5_000
SIBLINGS_WITHIN = 30_000
NAMES_WITHIN = 1_500
OTHERS = 8
"""Characters around the hole whose neighbours and names count, and how many other documents are
looked into; set by hand."""
# what a document declares is looked for again after so long, or so far off: typing keeps the prompt
KEPT_S = 10.0
KEPT_LINES = 40
OTHER_CHARACTERS = 60_000
WORD = re.compile(r"[^\W\d]\w{2,}")


@dataclass(frozen=True, slots=True)
class _HoleRange:
    """The holes of a document from the first to the last."""

    document: Document
    start: int
    end: int

    def around(self, reach: int) -> str:
        """The text up to `reach` characters before and after the holes, and between them."""
        return self.document.lf[max(0, self.start - reach) : self.end + reach]

    def sees(self, start: int, end: int) -> bool:
        """Whether the prompt shows a range of the document without our help."""
        return self.start - SEEN_BEFORE <= start and end <= self.end + SEEN_AFTER


@dataclass(frozen=True, slots=True)
class _Declared:
    """What the document declares out of sight of a line, as it was at a time."""

    line: int
    when: float
    imports: tuple[Snippet, ...]
    siblings: tuple[Snippet, ...]

    def is_stale(self, line: int, now: float) -> bool:
        """Whether it is too old, or was gathered too far from a line."""
        return abs(self.line - line) > KEPT_LINES or now - self.when > KEPT_S


class Context:
    """What one editor's documents have to say to each other.

    `allowed` says of a URI whether the model may see its document. Gathering stops at the first
    source that begins later than 30 ms after the request, by `clock`.
    """

    def __init__(
        self, allowed: Callable[[str], bool], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._allowed = allowed
        self._clock = clock
        self._chunks = RecentChunks()
        self._open: dict[str, Document] = {}
        self._outlines: dict[str, tuple[Document, list[Signature]]] = {}
        self._declared: dict[str, _Declared] = {}
        self._texts: dict[str, tuple[Document, str]] = {}

    def visited(self, document: Document, line: int) -> None:
        """The user reads or writes in a line of this version of a document."""
        line = min(line, len(document.lines) - 1)
        if unfit(document, document.lines.starts[line]) is not None:
            return
        # the latest stands last
        self._open.pop(document.uri, None)
        self._open[document.uri] = document
        self._chunks.visit(document, line)

    def opened(self, document: Document) -> None:
        """The user is at the beginning of the document."""
        self.visited(document, 0)

    def changed(self, edit: DocumentEdit) -> None:
        """The user is where the last change begins."""
        start = edit.changes[-1].start if edit.changes else None
        self.visited(edit.after, start.line if start else 0)

    def closed(self, document: Document) -> None:
        """The document is not open any more; where the user was in it is still known."""
        uri = document.uri
        self._open.pop(uri, None)
        self._outlines.pop(uri, None)
        self._declared.pop(uri, None)
        self._texts.pop(uri, None)

    def snippets(
        self,
        document: Document,
        holes: Sequence[Hole],
        characters: int,
        within_file: bool = False,
        file_characters: int = 0,
    ) -> tuple[Snippet, ...]:
        """At most so many characters for the holes (in order), what changes seldom first.
        `within_file`: nothing of another document. Before them stand whole documents, the open ones
        that were visited last, as far as `file_characters` hold them."""
        begun = self._clock()
        place = _HoleRange(document, holes[0].start, holes[-1].end)
        whole = {} if within_file else self._whole(document.uri, file_characters)
        self._chunks.forget(lambda uri: not self._allowed(uri))
        found: dict[str, list[Snippet]] = {}
        # in order of worth
        for name, source, share in (
            ("imports", lambda at: self._declared_near(at).imports, 1 / 6),
            ("names", lambda at: self._names_in_use(at, whole), 1 / 3),
            ("siblings", lambda at: self._declared_near(at).siblings, 1 / 2),
            ("recent", lambda at: self._recent(at, within_file, whole), 1),
        ):
            if self._clock() - begun > DEADLINE_S:
                break
            if within_file and name == "names":
                continue
            found[name] = _fitting(source(place), int(characters * share))
            characters -= sum(len(snippet.text) for snippet in found[name])
        recent = reversed(found.get("recent", []))
        order = (
            whole.values(),
            found.get("imports", []),
            found.get("siblings", []),
            recent,
            found.get("names", []),
        )
        return tuple(snippet for part in order for snippet in part)

    def _whole(self, here: str, characters: int) -> dict[str, Snippet]:
        """By URI, in its order, which typing and looking elsewhere do not change."""
        found: dict[str, Snippet] = {}
        for uri, document in reversed(self._open.items()):
            # what is masked may be longer, but not by much
            if uri != here and len(document.lf) <= characters and self._allowed(uri):
                found[uri] = Snippet(shown_name(uri), self._masked(document))
                characters -= len(found[uri].text)
        return dict(sorted(found.items()))

    def _masked(self, document: Document) -> str:
        known = self._texts.get(document.uri)
        if known is None or known[0] is not document:
            known = self._texts[document.uri] = document, masked(document.lf)
        return known[1]

    def _declared_near(self, place: _HoleRange) -> _Declared:
        uri, now = place.document.uri, self._clock()
        line = place.document.lf_lines.line_of(place.start)
        declared = self._declared.get(uri)
        if declared is None or declared.is_stale(line, now):
            declared = _Declared(line, now, tuple(_imports(place)), tuple(_siblings(place)))
            self._declared[uri] = declared
        return declared

    def _recent(
        self, place: _HoleRange, within_file: bool, whole: Container[str]
    ) -> Iterator[Snippet]:
        lines = place.document.lf_lines
        for chunk in self._chunks.unlike(place.around(NAMES_WITHIN)):
            if chunk.uri in whole or (within_file and chunk.uri != place.document.uri):
                continue
            if chunk.uri == place.document.uri:
                last = min(chunk.last, len(lines) - 1)
                first = min(chunk.first, last)
                if place.sees(lines.starts[first], lines.end_of(last)):
                    continue
            yield Snippet(shown_name(chunk.uri), chunk.text)

    def _names_in_use(self, place: _HoleRange, whole: Container[str]) -> Iterator[Snippet]:
        names = set(WORD.findall(place.around(NAMES_WITHIN)))
        others = (
            uri for uri in reversed(self._open) if uri != place.document.uri and uri not in whole
        )
        for uri in [uri for uri, _ in zip(others, range(OTHERS), strict=False)]:
            if self._allowed(uri):
                used = [one for one in self._outline(self._open[uri]) if one.name in names]
                yield from _listed(uri, used)

    def _outline(self, document: Document) -> list[Signature]:
        outline = self._outlines.get(document.uri)
        if outline is None or outline[0] is not document:
            outline = document, signatures(document, 0, OTHER_CHARACTERS)
            self._outlines[document.uri] = outline
        return outline[1]


def shown_name(uri: str) -> str:
    """The name of a document as the model sees it: without the folders that lead to it."""
    return "/".join(PurePosixPath(unquote(urlsplit(uri).path)).parts[-2:]).lstrip("/")


def _imports(place: _HoleRange) -> Iterator[Snippet]:
    if place.start <= SEEN_BEFORE:
        return
    unseen = [one for one in imports(place.document) if not place.sees(one.start, one.end)]
    yield from _listed(place.document.uri, unseen)


def _siblings(place: _HoleRange) -> Iterator[Snippet]:
    document = place.document
    if place.sees(0, len(document.lf)):
        return
    near = signatures(document, place.start - SIBLINGS_WITHIN, place.end + SIBLINGS_WITHIN)
    yield from _listed(document.uri, (one for one in near if not place.sees(one.start, one.start)))


def _listed(uri: str, declared: Iterable[Signature]) -> Iterator[Snippet]:
    text = "\n".join(dict.fromkeys(one.text for one in declared))
    if text:
        yield Snippet(shown_name(uri), masked(text))


def _fitting(snippets: Iterable[Snippet], room: int) -> list[Snippet]:
    """The first snippets that fit into so many characters, the last one cut at a line's end."""
    found = []
    for snippet in snippets:
        text = snippet.text
        if len(text) > room:
            text = text[: max(0, text.rfind("\n", 0, room + 1))]
        if text:
            found.append(Snippet(snippet.path, text))
        room -= len(text)
        if len(text) < len(snippet.text):
            break
    return found
