"""Which cells a notebook has, and what a cell's neighbours say to the model.

A cell is a document of its own; its neighbours are the text before and after it: code as code, all
else as comments. Knows no protocol types.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fillwright.lsp_server.text.documents import Document

MOST_CHARACTERS = 8000
"""Of the cells on one side; more than a model of this size sees."""

COMMENTS = {"sql": "-- ", "lua": "-- ", "haskell": "-- "} | dict.fromkeys(
    (
        *("c", "cpp", "csharp", "dart", "fsharp", "go", "groovy", "java", "javascript"),
        *("javascriptreact", "kotlin", "php", "rust", "scala", "swift", "typescript"),
        "typescriptreact",
    ),
    "// ",
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: the URI of its document, and whether it is code (else markup)."""

    uri: str
    is_code: bool


class Notebooks:
    """The cells of every open notebook, in order; `document_of` gives a cell's text."""

    def __init__(self, document_of: Callable[[str], Document | None]) -> None:
        self._document_of = document_of
        self._notebooks: dict[str, list[Cell]] = {}

    def open(self, uri: str, cells: Sequence[Cell]) -> None:
        """Takes up a notebook; one that is already open starts afresh."""
        self._notebooks[uri] = list(cells)

    def splice(self, uri: str, start: int, deleted: int, cells: Sequence[Cell]) -> None:
        """Puts `cells` in place of `deleted` ones from number `start` (from 0) on."""
        if uri in self._notebooks:
            self._notebooks[uri][start : start + deleted] = cells

    def update(self, uri: str, cells: Sequence[Cell]) -> None:
        """Takes up what became of single cells: their kind."""
        changed = {cell.uri: cell for cell in cells}
        known = self._notebooks.get(uri, [])
        known[:] = [changed.get(cell.uri, cell) for cell in known]

    def close(self, uri: str) -> None:
        """Forgets a notebook; one that is not open is no matter."""
        self._notebooks.pop(uri, None)

    def around(self, document: Document) -> tuple[str, str]:
        """What stands before and after a cell, with LF line ends; nothing around other documents.

        The text before ends with a line end, the text after begins with one.
        """
        for cells in self._notebooks.values():
            at = next((at for at, cell in enumerate(cells) if cell.uri == document.uri), None)
            if at is None:
                continue
            before = self._nearest(reversed(cells[:at]), document.language)
            after = self._nearest(iter(cells[at + 1 :]), document.language)
            return (
                "".join(f"{text}\n\n" for text in reversed(before)),
                "".join(f"\n\n{text}" for text in after),
            )
        return "", ""

    def _nearest(self, cells: Iterator[Cell], language: str) -> list[str]:
        texts: list[str] = []
        room = MOST_CHARACTERS
        for cell in cells:
            text = self._text(cell, language)
            room -= len(text)
            if room < 0:
                break
            if text:
                texts.append(text)
        return texts

    def _text(self, cell: Cell, language: str) -> str:
        document = self._document_of(cell.uri)
        if document is None:
            return ""
        text = document.lf.strip("\n")
        if cell.is_code and document.language == language:
            return text
        mark = COMMENTS.get(language, "# ")
        return "\n".join((mark + line).rstrip() for line in text.split("\n")) if text else ""
