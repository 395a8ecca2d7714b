"""What fills holes, as its caller sees it: an Infiller with a model in this process, or whatever
else takes a request and gives its fill.

Knows the boundary data only.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from fillwright.engine.request import (
    DoubtRequest,
    Doubts,
    Draft,
    FileText,
    Infill,
    InfillRequest,
    Ranking,
    WorkspaceMemory,
)

NO_ADAPTER = "This engine takes no adapter; clear the setting fillwright.adapter, or --adapter."
"""Of a request with one, to an engine that is no DiffusionGemma of our own."""


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
    how much of the text around a hole it looks at; `doubts_by` is what it ranks tokens by to find
    unlikely places, None where nobody has measured what it finds. `is_calibrated`: somebody has
    counted how often its fills are right when it is so sure; None where it never says how sure."""

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
    def doubts_by(self) -> Ranking | None: ...
    @property
    def is_calibrated(self) -> bool | None: ...
    @property
    def remembered(self) -> Memory: ...
    def infill(
        self, request: InfillRequest, cancelled: Callable[[], bool]
    ) -> Iterator[Draft | Infill]:
        """Drafts, then exactly one Infill; looks at `cancelled` between its steps. Raises
        FillwrightError."""

    def doubts(self, request: DoubtRequest, cancelled: Callable[[], bool]) -> Doubts:
        """The unlikely places of the request's first lines; looks at `cancelled` between its
        passes. Raises FillwrightError, as where the model cannot find any."""
