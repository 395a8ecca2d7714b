"""Fits how much the user's own code counts beside the model: the constants in a checkpoint's
`memory.json`, on lines of projects that the model has not learnt.

Knows projects, an infiller and the gate's form.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from fillwright.engine.errors import BadRequest
from fillwright.engine.evaluation.pauses import TypedLine, draw_lines
from fillwright.engine.evaluation.source_tree import Source, read_sources
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.probes import taught
from fillwright.engine.memory.evidence import PARTS
from fillwright.engine.memory.gate import CLAMPED_AT, FILE, Floats, Gate, bound, features
from fillwright.engine.request import Hole, InfillRequest
from fillwright.kernels.arrays import log_softmax, on_host

STEPS = 600
RATE = 0.01
DECAY = 1e-4
"""Of the weights' squares; with fewer steps and more decay a true token of other projects costs
more: docs/measurements-log.md, "A gate fitted to 25 projects"."""
LEAST_DEVIATION = 1e-2
LEAST = 1e-9
"""So that a feature that never varies, and a probability of zero, divide nothing by nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """One true token of a project's line: the gate's features before it, which outputs there are
    (the model's is always), and how likely each makes it."""

    project: str
    features: Floats
    present: Floats
    likelihoods: Floats


def tokens_of(
    infiller: Infiller, projects: Sequence[Path], files: int, lines: int, seed: int
) -> Iterator[Token]:
    """The tokens of the rest of drawn lines, at most `lines` of each of `files` drawn files of each
    project, whose other files are remembered. Raises BadRequest where a project has no code."""
    for project in projects:
        sources, _ = read_sources([project])
        workspace = project.as_posix()
        for source in sources:
            infiller.remembered.remember(workspace, source.name, source.text)
        chance = random.Random(f"{seed}/{project.name}")
        for source in chance.sample(sources, min(files, len(sources))):
            for line in draw_lines(source, lines, seed):
                pauses = [pause for pause in line.pauses if pause.kind != "finished"]
                if pauses:
                    request, rest = _holed(line, source, chance.choice(pauses).place, workspace)
                    yield from _tokens(infiller, request, rest, project.name)


def _holed(
    line: TypedLine, source: Source, place: int, workspace: str
) -> tuple[InfillRequest, str]:
    """The source without the rest of a line, and that rest."""
    start, end = line.start + place, line.start + len(line.text.rstrip())
    document = source.text[:start] + source.text[end:]
    request = InfillRequest(
        document,
        (Hole(start, start),),
        source.language,
        shape="line",
        document_key=source.name,
        workspace=workspace,
        file_key=source.name,
    )
    return request, source.text[start:end]


def _tokens(infiller: Infiller, request: InfillRequest, rest: str, project: str) -> Iterator[Token]:
    precedents, ids, logits = taught(infiller, request, rest)
    for place, (true, row) in enumerate(zip(ids, logits, strict=True)):
        written = tuple(ids[:place])
        model = on_host(log_softmax(row)).astype(np.float64)
        if bound(model, precedents, written, is_line=True) >= 1:
            continue
        parts = precedents.parts(written)
        said = [
            part.counts[part.tokens == true].sum() / part.counts.sum() if part else 0.0
            for part in parts
        ]
        present = np.array([1.0, *(float(part is not None) for part in parts)])
        yield Token(
            project, features(parts, model), present, np.array([np.exp(model[true]), *said])
        )


def fitted(tokens: Sequence[Token]) -> Gate:
    """The gate that makes the true tokens likeliest. Raises BadRequest without any."""
    if not tokens:
        raise BadRequest("These projects have no lines to learn on; name folders of source code.")
    every, present, likelihoods = _columns(tokens)
    mean, std = every.mean(0), every.std(0) + LEAST_DEVIATION
    scaled = ((every - mean) / std).clamp(-CLAMPED_AT, CLAMPED_AT)
    weights = torch.zeros(every.shape[1], 1 + len(PARTS), dtype=torch.float64, requires_grad=True)
    bias = torch.tensor([1.0] + [-1.0] * len(PARTS), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([weights, bias], lr=RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        shares = (scaled @ weights + bias + present.log()).softmax(-1)
        loss = -(shares * likelihoods).sum(-1).clamp(min=LEAST).log().mean()
        (loss + DECAY * (weights**2).sum()).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    found = (mean, std, weights.detach(), bias.detach())
    return Gate(*(each.numpy() for each in found))


def nats(gate: Gate, tokens: Sequence[Token]) -> tuple[float, float]:
    """What a true token costs on average, by the model alone and by the mixture."""
    every, present, likelihoods = (each.numpy() for each in _columns(tokens))
    shares = gate.shares(every, present > 0)
    alone, mixed = likelihoods[:, 0], (shares * likelihoods).sum(-1)
    return tuple(float(-np.log(each.clip(LEAST)).mean()) for each in (alone, mixed))  # type: ignore[return-value]


def nats_of_others(tokens: Sequence[Token]) -> dict[str, tuple[float, float]]:
    """`nats` on each project with a gate that was fitted on all others."""
    found = {}
    for project in dict.fromkeys(token.project for token in tokens):
        own = [token for token in tokens if token.project == project]
        found[project] = nats(fitted([t for t in tokens if t.project != project]), own)
    return found


def write_gate(checkpoint: Path, gate: Gate) -> None:
    """Write `memory.json` into a checkpoint's folder."""
    names = ("mean", "std", "weights", "bias")
    constants = {name: getattr(gate, name).round(5).tolist() for name in names}
    (checkpoint / FILE).write_text(json.dumps(constants, indent=1) + "\n", "utf-8")


def _columns(tokens: Sequence[Token]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rows = zip(*((t.features, t.present, t.likelihoods) for t in tokens), strict=True)
    every, present, likelihoods = (torch.from_numpy(np.stack(each)) for each in rows)
    return every, present, likelihoods
