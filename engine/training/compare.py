"""Noise laws and row conventions side by side, at small scale: which one learns most from the same
tokens?

One network learns causally; from there each pair of noise law and row convention goes its own way
through the joint phase, with the same batches and rates. Judged by the loss on fixed noise levels,
which differs less from run to run than any score. (Under the hybrid law the mask token shows which
tokens are noise; finding that out is part of what the uniform law has to learn.)
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import NamedTuple

from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.sources.corpus import Corpus
from fillwright.engine.training.initialise import new_model, small_config
from fillwright.engine.training.optimizer import Optimizer
from fillwright.engine.training.phases import CausalPhase, JointPhase, Materials
from fillwright.engine.training.recipes import (
    CausalRows,
    JointRows,
    NoiseLaw,
    Recipe,
    SmallShape,
)
from fillwright.engine.training.train import Phase, gradients

WARMUP_STEPS = 20
FALLING_SHARE = 0.4
"""Of the run, in which the rate falls to zero."""

# 2 M parameters, half of them the embedding of 8,192 tokens
SMALLEST = Recipe(
    vocabulary=8192,
    shape=SmallShape(
        hidden_size=128,
        layers=4,
        full_every=2,
        heads=2,
        kv_heads=1,
        intermediate_size=224,
        expert_intermediate_size=224,
    ),
    causal=CausalRows(rows=4, length=256, batches_per_step=2),
    joint=JointRows(
        rows=4, length=224, canvases={32: 1.0}, canvases_per_prompt=4, batches_per_step=2
    ),
)


class Arm(NamedTuple):
    """One way to train, the seed of its batches, and its held-out losses, nats per token."""

    noise: NoiseLaw
    rows: RowConvention
    seed: int
    losses: dict[str, float]


def compare(
    recipe: Recipe,
    tokenizer: CodeTokenizer,
    train: Corpus,
    held_out: Corpus,
    causal_steps: int,
    joint_steps: int,
    seeds: int,
) -> Iterator[Arm]:
    """Train every arm with every seed; yields each as it is done."""
    for seed in range(seeds):
        start = new_model(small_config(recipe, tokenizer), seed)
        phase = CausalPhase(Materials(recipe, tokenizer, train, held_out, seed, "cpu"))
        _train(start, recipe, phase, causal_steps)
        laws: tuple[NoiseLaw, ...] = ("hybrid", "uniform")
        for noise in laws:
            for rows in RowConvention:
                arm = replace(recipe, noise=noise, rows=rows)
                model = deepcopy(start)
                joint = JointPhase(Materials(arm, tokenizer, train, held_out, seed, "cpu"))
                _train(model, arm, joint, joint_steps)
                yield Arm(noise, rows, seed, joint.evaluate(model))


def _train(model: DiffusionGemma, recipe: Recipe, phase: Phase[DiffusionGemma], steps: int) -> None:
    """A fresh optimizer, a short rise, and a fall to zero."""
    optimizer = Optimizer(model, recipe.matrix_rate, recipe.embedding_rate, recipe.gain_rate)
    for step in range(steps):
        gradients(model, phase)
        rise = min(1.0, (step + 1) / WARMUP_STEPS)
        optimizer.step(rise * min(1.0, (steps - step) / (FALLING_SHARE * steps)))
