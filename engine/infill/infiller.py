"""InfillRequest -> drafts -> Infill, one request at a time.

Knows nothing of sockets, editors or files.
"""

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace

from fillwright.engine.errors import BadRequest, EngineFailed
from fillwright.engine.filling import NO_ADAPTER
from fillwright.engine.infill.alternatives import with_alternatives
from fillwright.engine.infill.candidate import Candidate
from fillwright.engine.infill.checkpoint import Checkpoint
from fillwright.engine.infill.doubt_settings import DoubtSettings
from fillwright.engine.infill.doubting import Doubting
from fillwright.engine.infill.ranking.calibration import Calibrations
from fillwright.engine.infill.rewriting import Rewriting
from fillwright.engine.infill.sequential import one_by_one
from fillwright.engine.infill.stop import Stop
from fillwright.engine.request import (
    Budget,
    DoubtRequest,
    Doubts,
    Draft,
    Infill,
    InfillRequest,
    Ranking,
)

MEMORY_IS_FULL = "The GPU's memory is full; close what else uses it, or ask with less context."


@dataclass
class Infiller(Checkpoint):
    """Fills holes with the model of one checkpoint; an engine.filling.Engine. `adapted` gives the
    one of a folder's adapter, which fills requests that name it."""

    adapted: "Callable[[str], Infiller] | None" = None

    def infill(
        self, request: InfillRequest, cancelled: Callable[[], bool]
    ) -> Iterator[Draft | Infill]:
        """Drafts, then exactly one Infill. `cancelled` is looked at between model passes, and so
        is the request's deadline. Raises BadRequest when the holes cannot be filled together, and
        EngineFailed when a GPU's memory is full."""
        if request.adapter:
            if self.adapted is None:
                raise BadRequest(NO_ADAPTER)
            named = replace(request, adapter="")
            yield from self.adapted(request.adapter).infill(named, cancelled)
            return
        try:
            stop = Stop(cancelled, request.budget, time.perf_counter)
            if request.strength is not None:
                yield (yield from Rewriting(self, request, stop).run())
                return
            yield from with_alternatives(
                request, stop, lambda number: self._candidate(request, number, stop)
            )
        except self.no_memory as error:
            raise EngineFailed(MEMORY_IS_FULL) from error

    @property
    def is_calibrated(self) -> bool:
        """Whether the checkpoint says what its evidence was worth."""
        return self.calibrations != Calibrations()

    @property
    def doubts_by(self) -> Ranking | None:
        """What tokens are ranked by to find unlikely places, where that was measured."""
        return self.doubt.by if self.doubt else None

    def doubts(self, request: DoubtRequest, cancelled: Callable[[], bool]) -> Doubts:
        """The unlikely places of the request's first lines. Raises BadRequest where neither the
        request nor the checkpoint says how to rank, and EngineFailed when a GPU's memory is
        full."""
        settings = self.doubt
        if request.by is not None and request.by != self.doubts_by:
            settings = DoubtSettings(request.by)
        if settings is None:
            raise BadRequest(
                f"Nobody has measured how well {self.model_name} finds unlikely places; say by "
                "what its tokens are to be ranked, causal or denoised."
            )
        if request.gain is not None:
            settings = replace(settings, gain=request.gain)
        try:
            stop = Stop(cancelled, Budget(), time.perf_counter)
            return Doubting(self, request, settings, stop).run()
        except self.no_memory as error:
            raise EngineFailed(MEMORY_IS_FULL) from error

    def _candidate(
        self, request: InfillRequest, number: int, stop: Stop
    ) -> Generator[Draft, None, Infill]:
        """Several holes are drafted one after another, and denoised together or, with some models,
        one after another too."""

        def run(request: InfillRequest) -> Generator[Draft, None, Infill]:
            return Candidate.of(self, request, number, stop).run()

        in_turn = self.several == "one by one" or self.plan(request, number).decode == "draft"
        if len(request.holes) > 1 and in_turn:
            return one_by_one(request, run)
        return run(request)
