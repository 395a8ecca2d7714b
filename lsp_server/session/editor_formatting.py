"""How an editor indents, as it says with any request: `formattingOptions`, in the form that
Copilot's clients send with inline completion, beside the document or within a place to fill.

Knows plain JSON and no handlers.
"""

from collections.abc import Iterator

from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.formatting import Formatting
from fillwright.lsp_server.text.subscribers import DocumentEdit


class FormattingMemory:
    """How the editor indents in each open document, where it said so."""

    def __init__(self) -> None:
        self._by_uri: dict[str, Formatting] = {}

    def of(self, uri: str) -> Formatting | None:
        """What the editor said last."""
        return self._by_uri.get(uri)

    def remember(self, uri: str, formatting: Formatting) -> None:
        """The editor said it of a document that is open."""
        self._by_uri[uri] = formatting

    def opened(self, document: Document) -> None:
        """What holds for a document that is opened afresh holds on."""

    def changed(self, edit: DocumentEdit) -> None:
        """An edit says nothing of how the editor indents."""

    def closed(self, document: Document) -> None:
        """Nobody asks for the document any more."""
        self._by_uri.pop(document.uri, None)


def formatting_in(params: object) -> Iterator[tuple[str, Formatting]]:
    """The uri and the indentation of every document that a request's params speak of. What has
    another shape is left to those who read the request."""
    if not isinstance(params, dict):
        return
    arguments = params.get("arguments")
    for place in (params.get("textDocument"), *(arguments if isinstance(arguments, list) else ())):
        if not isinstance(place, dict) or not isinstance(place.get("uri"), str):
            continue
        formatting = _formatting(place.get("formattingOptions", params.get("formattingOptions")))
        if formatting is not None:
            yield place["uri"], formatting


def _formatting(options: object) -> Formatting | None:
    if not isinstance(options, dict):
        return None
    size, spaces = options.get("tabSize"), options.get("insertSpaces")
    if type(size) is not int or size < 1 or type(spaces) is not bool:
        return None
    return Formatting(size, spaces)
