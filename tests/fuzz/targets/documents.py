"""Documents under an editor's changes: an input is a language, a line end, a text, and one change
after each NUL: four bytes say where it begins and ends, the rest is its text.

After each change text, lines and syntax tree are those of a document that is opened as it is then.
"""

from fillwright.lsp_server.text.documents import Change, Document, DocumentStore
from fillwright.lsp_server.text.positions import LineIndex, PositionEncoding

ENCODINGS = tuple(PositionEncoding)
MOST_CHANGES = 20
URI = "untitled:fuzz"


def run(data: bytes) -> None:
    head, _, rest = data.partition(b"\n")
    language = head.decode("latin-1")[:40]
    first, *changes = rest.split(b"\0")
    text = first.decode("utf-8", "replace")
    encoding = ENCODINGS[len(data) % len(ENCODINGS)]
    store = DocumentStore(encoding)
    document = store.open(URI, language, 0, text)
    for version, change in enumerate(changes[:MOST_CHANGES], 1):
        # the tree is made now and then, as when somebody asks something
        if version % 2:
            _ = document.tree
        place, new = change[:4], change[4:].decode("utf-8", "replace")
        start, end = sorted(_places(place, len(text)))
        span = [document.lines.position(each, encoding) for each in (start, end)]
        # what editors cannot name is not asked: the middle of a line end
        start, end = (document.lines.offset(each, encoding) for each in span)
        text = text[:start] + new + text[end:]
        document = store.change(URI, version, [Change(new, *span)])
        same_as_opened(document, text)


def same_as_opened(document: Document, text: str) -> None:
    """Whether the document is as if it had been opened with this text."""
    assert document.text == text
    assert document.lines.starts == LineIndex(text).starts
    fresh = Document.of(text, document.language)
    assert document.lf == fresh.lf
    if fresh.tree is None or document.tree is None:
        assert fresh.tree is document.tree
    elif not fresh.tree.root_node.has_error:
        # where there are errors, what tree-sitter makes of them depends on what it made before
        assert str(document.tree.root_node) == str(fresh.tree.root_node)
    for offset in {0, len(fresh.lf) // 2, len(fresh.lf)}:
        assert document.character(document.byte(offset)) == offset
        assert document.to_lf(document.from_lf(offset)) == offset


def _places(place: bytes, length: int) -> tuple[int, int]:
    first = int.from_bytes(place[:2], "big") % (length + 1)
    second = int.from_bytes(place[2:4], "big") % (length + 1)
    return first, second
