"""What happens to open documents, and who is told. Knows no protocol and none of those told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fillwright.lsp_server.text.documents import Change, Document
from fillwright.lsp_server.text.positions import PositionEncoding


@dataclass(frozen=True, slots=True)
class DocumentEdit:
    """`changes`, whose columns count in `encoding`, made `after` of `before`."""

    before: Document
    after: Document
    changes: Sequence[Change]
    encoding: PositionEncoding = PositionEncoding.UTF16


class DocumentSubscriber(Protocol):
    """Follows the documents that an editor has open."""

    def opened(self, document: Document) -> None:
        """The document was opened, or opened afresh."""

    def changed(self, edit: DocumentEdit) -> None:
        """The editor changed a document."""

    def closed(self, document: Document) -> None:
        """The document was closed; this is its last version."""
