"""Why a suggestion was not shown: codes for programs, sentences for people, the last of them kept.

Holds names of documents and nothing of their text. Knows no LSP types and no engine.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass

from fillwright.lsp_server.text.reasons import Reason


@dataclass(frozen=True, slots=True)
class Suppression:
    """One suggestion that was not shown; `count` of them were held back for this reason."""

    uri: str
    kind: str
    code: str
    message: str
    count: int = 1


class Suppressions:
    """The last `capacity` reasons, oldest first; one that comes again is counted, not repeated.
    `tell` is called at each."""

    def __init__(self, tell: Callable[[], None] = lambda: None, capacity: int = 50) -> None:
        self._tell = tell
        self._capacity = capacity
        self._kept: OrderedDict[tuple[str, str, str], Suppression] = OrderedDict()

    def add(self, uri: str, kind: str, reason: Reason) -> None:
        """Note that a suggestion of `kind` in the document was held back."""
        key = (uri, kind, reason.code)
        before = self._kept.pop(key, None)
        count = before.count + 1 if before is not None else 1
        self._kept[key] = Suppression(uri, kind, reason.code, reason.message, count)
        if len(self._kept) > self._capacity:
            self._kept.popitem(last=False)
        self._tell()

    def to_json(self) -> list[dict[str, object]]:
        """The reasons as plain JSON, oldest first."""
        return [asdict(suppression) for suppression in self._kept.values()]
