"""Ten thousand random edits in each position encoding: the server's text is the editor's.

The reference applies each edit to bytes of the encoding, found line by line; it shares nothing with
the server's line index.
"""

import random
import re

import pytest
from lsprotocol import types
from tree_sitter import Node

from fillwright.engine.syntax.grammars import parser_for
from fillwright.lsp_server.lsp.document_sync import did_change, did_open
from fillwright.lsp_server.lsp.server import FillwrightServer
from fillwright.lsp_server.text.positions import PositionEncoding

EDITS = 10_000
TREES = 100
LONGEST = 400
URI = "untitled:fuzz.py"
CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
PIECES = [
    *("a", "é", "中", "🙂", "e\u0301", "👩‍👩‍👧", " ", "    ", "\t", "(", ")", '"', "# ", ":"),
    *("\n", "\r\n", "\r", "\f", "\v", "\x1c", "\x85", "\u2028", "\u2029", "\0", "\ufeff"),
    *("x = 1", "def f(a):\n    return a\n", "class A:\r\n    pass\r\n", "if x:\n"),
]


class Reference:
    """A text as an editor keeps it, edited in the units of one encoding."""

    def __init__(self, text: str, encoding: str) -> None:
        self.text = text
        self.codec, self.width = CODECS[encoding]

    def replace(self, start: types.Position, end: types.Position, new: str) -> None:
        whole = self.text.encode(self.codec)
        first, last = self._byte(start), self._byte(end)
        self.text = (whole[:first] + new.encode(self.codec) + whole[last:]).decode(self.codec)

    def positions(self) -> list[types.Position]:
        """Every position between two characters, in order, none inside of `\\r\\n`."""
        places, line, column = [], 0, 0
        for character in re.findall("\r\n|.", self.text, re.DOTALL):
            places.append(types.Position(line, column))
            column += len(character.encode(self.codec)) // self.width
            if character in ("\r\n", "\r", "\n"):
                line, column = line + 1, 0
        return [*places, types.Position(line, column)]

    def _byte(self, place: types.Position) -> int:
        lines = re.split("(\r\n|\r|\n)", self.text)
        above = "".join(lines[: 2 * place.line])
        return len(above.encode(self.codec)) + place.character * self.width


@pytest.mark.slow
@pytest.mark.parametrize("encoding", list(CODECS))
def test_random_edits_leave_the_same_text(encoding: str) -> None:
    chance = random.Random(encoding)
    ls = FillwrightServer()
    ls.session.documents.encoding = PositionEncoding(encoding)
    reference = Reference("".join(chance.choices(PIECES, k=40)), encoding)
    item = types.TextDocumentItem(URI, "python", 0, reference.text)
    did_open(ls.session, types.DidOpenTextDocumentParams(item))
    done = 0
    while done < EDITS:
        changes = [change(chance, reference) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
        done += len(changes)
        identifier = types.VersionedTextDocumentIdentifier(done, URI)
        params = types.DidChangeTextDocumentParams(identifier, changes)
        did_change(ls.session, params)
        document = ls.session.documents.get(URI)
        assert document is not None
        assert document.text == reference.text, (encoding, done)
        assert document.lf == re.sub("\r\n|\r", "\n", reference.text)
        if done % (EDITS // TREES) < len(changes):
            parser = parser_for("python")
            assert parser is not None
            assert document.tree is not None
            fresh = parser.parse(document.lf.encode())
            assert shape(document.tree.root_node) == shape(fresh.root_node), (encoding, done)


def change(chance: random.Random, reference: Reference) -> types.TextDocumentContentChangeEvent:
    """A random change, made in the reference too."""
    if chance.random() < 0.01:
        reference.text = "".join(chance.choices(PIECES, k=20))
        return types.TextDocumentContentChangeWholeDocument(reference.text)
    places = reference.positions()
    at = chance.randrange(len(places))
    # short ones mostly, as people type, and long ones when there is much text
    reach = chance.choice((0, 0, 0, 1, 3, 10)) if len(places) < LONGEST else LONGEST // 2
    start, end = places[at], places[min(at + reach, len(places) - 1)]
    new = "".join(chance.choices(PIECES, k=chance.choice((0, 1, 1, 2))))
    reference.replace(start, end, new)
    return types.TextDocumentContentChangePartial(types.Range(start, end), new)


def shape(node: Node) -> list[tuple[str, int, int]]:
    """Every node of a tree with its range."""
    found, waiting = [], [node]
    while waiting:
        one = waiting.pop()
        found.append((one.type, one.start_byte, one.end_byte))
        waiting += one.children
    return found
