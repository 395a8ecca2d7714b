"""Several holes, drafted one after another: each with what was written in those before it, and the
text right after it, in view.

Knows requests and fills; knows no model.
"""

from collections.abc import Callable, Generator
from dataclasses import replace

from fillwright.engine.request import Draft, Hole, Infill, InfillRequest

Write = Callable[[InfillRequest], Generator[Draft, None, Infill]]


def one_by_one(request: InfillRequest, write: Write) -> Generator[Draft, None, Infill]:
    """`write` fills a request's only hole. Holes that were not reached before it stopped are empty;
    timings and tokens are those of all holes."""
    fills: list[Infill] = []
    while len(fills) < len(request.holes) and not _was_stopped(fills):
        steps = sum(fill.steps for fill in fills)
        done = [fill.texts[0] for fill in fills]
        writing = write(_only_next(request, done))
        while True:
            try:
                draft = next(writing)
            except StopIteration as finished:
                fills.append(finished.value)
                break
            yield _among(draft, done, request, steps)
    return _together(fills, len(request.holes))


def _only_next(request: InfillRequest, done: list[str]) -> InfillRequest:
    """The request for the first hole that is not done, those after it left as they are."""
    text, end = "", 0
    for fill, hole in zip(done, request.holes, strict=False):
        text += request.document[end : hole.start] + fill
        end = hole.end
    moved = len(text) - end
    hole = request.holes[len(done)]
    return replace(
        request,
        document=text + request.document[end:],
        holes=(Hole(hole.start + moved, hole.end + moved),),
    )


def _among(draft: Draft, done: list[str], request: InfillRequest, steps: int) -> Draft:
    missing = len(request.holes) - len(done) - 1
    return Draft(
        draft.step + steps,
        # a hole takes a step for each of its tokens at most
        draft.steps_left + missing * request.budget.tokens,
        (*done, *draft.texts, *("",) * missing),
        (*(((0, len(text)),) for text in done), *draft.settled, *((),) * missing),
        denoised=draft.denoised,
        confidences=(*((),) * len(done), *draft.confidences) if draft.confidences else (),
    )


def _together(fills: list[Infill], holes: int) -> Infill:
    last, missing = fills[-1], holes - len(fills)
    finishes = [fill.finish for fill in fills]
    unsettled = [finish for finish in finishes if finish != "settled"]
    return replace(
        last,
        texts=(*(fill.texts[0] for fill in fills), *("",) * missing),
        confidences=(*(fill.confidences[0] for fill in fills), *((),) * missing),
        finish=(unsettled or finishes)[-1],
        tokens=sum(fill.tokens for fill in fills),
        steps=sum(fill.steps for fill in fills),
        timings_ms={
            name: last.timings_ms[name]
            if name == "total"
            else sum(fill.timings_ms[name] for fill in fills)
            for name in last.timings_ms
        },
    )


def _was_stopped(fills: list[Infill]) -> bool:
    return bool(fills) and fills[-1].finish in ("deadline", "cancelled")
