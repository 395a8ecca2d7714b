"""Finds a hole's length by starting long: the hole gets more rows than it should need, with the
text behind it pinned; where the network begins to say that text, or an end mark, inside the hole,
the rest of the hole is cut off and the pinned text moves up.

The training-free counterpart of DreamOn's delete state (arXiv 2602.01326), whose ablations found a
start that is too long both cheaper and better than one that is too short. Knows ids and the model;
knows nothing of text.
"""

from collections.abc import Iterator
from dataclasses import replace

from fillwright.engine.diffusion.denoise import denoise
from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.engine.infill.denoising.lengths import (
    LEAST_SUFFIX,
    canvas_length,
    contracted,
    longest_pinned,
    pinned_canvas,
    rows_for_draft,
)
from fillwright.engine.infill.denoising.warm_start import begun
from fillwright.engine.infill.state import Ids, Task, Written, open_canvas
from fillwright.engine.model import DiffusionGemma


def contract(
    model: DiffusionGemma,
    task: Task,
    settings: DenoiseSettings,
    drafted: Ids | None = None,
    passes: int = 0,
) -> Iterator[Written]:
    """Write one hole in the steps of one canvas, however often it is cut; yields the state after
    every step, `passes` counting those that were made before.

    The hole starts as noise, as long as fits on a canvas with the text behind, or as a causal
    draft with a little room.
    """
    known = open_canvas(model, task, settings)
    limit, budget = model.config.canvas_length, task.budgets[0]
    longest = longest_pinned(limit, len(known), budget)
    rows = longest if drafted is None else min(longest, rows_for_draft(len(drafted), budget))
    said, sure, left, cut = drafted or (), None, settings.steps, False
    while left:
        length = canvas_length(limit, len(known) + rows + LEAST_SUFFIX)
        canvas = pinned_canvas(known, rows, task.suffix, length)
        hole = slice(canvas.holes[0].start, canvas.holes[0].stop)
        start = begun([canvas], [said], settings.noise, sure) if said else None
        own = rows
        for step in denoise(
            model,
            task.cache,
            [canvas],
            # the temperature goes on falling where the canvas before left off
            replace(settings, steps=left, t_max=settings.temperature(left)),
            task.generator,
            start,
            task.cancelled,
        ):
            passes, left = passes + 1, step.steps_left
            said = tuple(step.draft[0, hole].tolist())
            own = contracted(
                said, step.confidence()[0, hole].tolist(), task.suffix, settings.end_marks
            )
            cut = cut or own < rows
            yield Written.from_step(
                step,
                (range(hole.start, hole.start + own),),
                (cut or rows < longest or rows == budget) and (bool(step.done[0]) or not own),
                task.opening,
                passes,
                length="contract",
            )
            if own < rows:
                break
        if own in (0, rows):
            return
        # without a draft, only what was sure is kept; with one, what was said of it
        sure = [step.accepted[0, hole].tolist()] if drafted is None else None
        said, rows = said[:own], own
