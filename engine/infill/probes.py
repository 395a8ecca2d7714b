"""What training asks a checkpoint about a hole that it does not fill.

Knows tasks and the model; fits nothing.
"""

import time
from dataclasses import replace

from fillwright.engine.infill.checkpoint import Checkpoint
from fillwright.engine.infill.denoising.length_search import LengthSearch
from fillwright.engine.infill.denoising.lengths import LengthBias
from fillwright.engine.infill.precedents import precedents_of, related
from fillwright.engine.infill.preparation import Preparation
from fillwright.engine.infill.state import Task
from fillwright.engine.infill.stop import Stop
from fillwright.engine.infill.text.seams import Seams
from fillwright.engine.memory.evidence import Precedents
from fillwright.engine.request import Budget, InfillRequest
from fillwright.kernels.arrays import Array


def length_scores(checkpoint: Checkpoint, request: InfillRequest) -> dict[int, float]:
    """What a search makes of each length of the request's only hole at first look, from noise and
    without a bias; higher is better."""
    request = replace(request, length="search")
    task = _task(checkpoint, request, Seams.of(request, checkpoint.tokenizer.starts_a_token))
    return LengthSearch.of(checkpoint.model, task, LengthBias()).first_scores()


def taught(
    checkpoint: Checkpoint, request: InfillRequest, rest: str
) -> tuple[Precedents, list[int], Array]:
    """Of the request's only hole, a line's, if the `rest` were written there: its precedents, the
    tokens, the end mark last, and the model's logits before each, float32 [tokens, vocab]."""
    request = replace(request, decode="draft")
    seams = Seams.of(request, checkpoint.tokenizer.starts_a_token, ends_in_words=True)
    task, model = _task(checkpoint, request, seams), checkpoint.model
    project = checkpoint.remembered.stores(request.workspace, request.file_key)
    ids = checkpoint.tokenizer.encode(seams.leads[0] + rest + seams.ending)
    task.cache.truncate(task.prompt_cached)
    logits = model.logits(model.extend(task.cache, model.ids([task.prompt[-1], *ids])))
    precedents = precedents_of(
        checkpoint.tokenizer, checkpoint.far_parts, seams, task.holes[0], project
    )
    return related(precedents), [*ids, task.plan.end_marks[0]], logits


def _task(checkpoint: Checkpoint, request: InfillRequest, seams: Seams) -> Task:
    """That of the first candidate, which nothing stops."""
    stop = Stop(lambda: False, Budget(), time.perf_counter)
    return Preparation(checkpoint, request, checkpoint.plan(request, 0), seams).task(stop)
