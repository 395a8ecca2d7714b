"""InfillRequest -> drafts -> Infill, one request at a time.

Knows nothing of sockets, editors or files.
"""

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from fillwright.engine.errors import EngineFailed
from fillwright.engine.infill.alternatives import with_alternatives
from fillwright.engine.infill.candidate import Candidate
from fillwright.engine.infill.checkpoint import Checkpoint
from fillwright.engine.infill.rewriting import Rewriting
from fillwright.engine.infill.sequential import one_by_one
from fillwright.engine.infill.stop import Stop
from fillwright.engine.request import Draft, Infill, InfillRequest


@dataclass
class Infiller(Checkpoint):
    """Fills holes with the model of one checkpoint; an engine.filling.Engine."""

    def infill(
        self, request: InfillRequest, cancelled: Callable[[], bool]
    ) -> Iterator[Draft | Infill]:
        """Drafts, then exactly one Infill. `cancelled` is looked at between model passes, and so
        is the request's deadline. Raises BadRequest when the holes cannot be filled together, and
        EngineFailed when a GPU's memory is full."""
        try:
            stop = Stop(cancelled, request.budget, time.perf_counter)
            if request.strength is not None:
                yield (yield from Rewriting(self, request, stop).run())
                return
            yield from with_alternatives(
                request, stop, lambda number: self._candidate(request, number, stop)
            )
        except self.no_memory as error:
            raise EngineFailed(
                "The GPU's memory is full; close what else uses it, or ask with less context."
            ) from error

    def _candidate(
        self, request: InfillRequest, number: int, stop: Stop
    ) -> Generator[Draft, None, Infill]:
        """Several holes are drafted one after another, and denoised together."""

        def run(request: InfillRequest) -> Generator[Draft, None, Infill]:
            return Candidate.of(self, request, number, stop).run()

        if len(request.holes) > 1 and self.plan(request, number).decode == "draft":
            return one_by_one(request, run)
        return run(request)
