"""What fills holes, as its caller sees it: an Infiller with a model in this process, or whatever
else takes a request and gives its fill.

Knows the boundary data only.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from fillwright.engine.request import Draft, FileText, Infill, InfillRequest, WorkspaceMemory


class Memory(Protocol):
    """What remembers the user's own code, a file at a time. `is_used`: it has a say in fills."""

    @property
    def is_used(self) -> bool: ...
    def take(self, workspace: str, file: FileText) -> None:
        """Remember what a file says now, or forget it."""

    def known(self) -> tuple[WorkspaceMemory, ...]:
        """How much of each workspace is remembered. Waits for nothing."""

    def renew(self, workspace: str) -> None:
        """Somebody still works there. Waits for nothing."""

    def forget_unused(self) -> None:
        """Forget the workspaces that nobody works in any more."""

    def clear(self) -> None:
        """Forget everything."""


class Engine(Protocol):
    """Fills one request at a time. `warning` is one sentence for its user, if anything is to be
    known; `languages` are the ids of those that it has learnt, None for all; `context_tokens` is
    how much of the text around a hole it looks at."""

    @property
    def model_name(self) -> str: ...
    @property
    def device(self) -> str: ...
    @property
    def warning(self) -> str | None: ...
    @property
    def languages(self) -> tuple[str, ...] | None: ...
    @property
    def context_tokens(self) -> int: ...
    @property
    def remembered(self) -> Memory: ...
    def infill(
        self, request: InfillRequest, cancelled: Callable[[], bool]
    ) -> Iterator[Draft | Infill]:
        """Drafts, then exactly one Infill; looks at `cancelled` between its steps. Raises
        FillwrightError."""
