"""The phases of training: causal first, for most of the quality comes from there, then causal
and denoising together; and both by turns, to go on from what knows both.

Knows batch shapes and loss weights; knows nothing of schedules or files.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from random import Random

import torch
from torch import Tensor

from fillwright.engine.diffusion.noise import HybridNoise, Noise, UniformNoise
from fillwright.engine.infill.prompts.prompt import PromptForm
from fillwright.engine.infill.prompts.small import SmallPrompt
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.sources.corpus import Corpus
from fillwright.engine.training.batches import (
    CausalBatch,
    JointBatch,
    causal_batches,
    joint_batches,
)
from fillwright.engine.training.feed import feed
from fillwright.engine.training.losses import HeadLoss, JointLoss, causal_loss, head_loss
from fillwright.engine.training.noising import Corruption
from fillwright.engine.training.recipes import UNIFORM_SHARE, Recipe
from fillwright.engine.training.samples import HoleSampler
from fillwright.engine.training.train import Phase, PhaseName

MEASURED_ROWS = 32
MEASURED_LEVELS = (1.0, 0.6, 0.3)
"""Held-out rows, and the noise levels at which their loss is measured."""
CAUSAL_SHARE = 1.0
SELF_CONDITIONED_SHARE = 0.5
"""Weight of the causal loss beside the canvases', and how often a canvas sees its own first guess:
half of the time, as published (arXiv 2208.04202)."""
PREFIX_SHARES = (0.7, 0.55, 0.4, 0.2)
SUFFIX_SHARES = (0.29, 0.22, 0.11, 0.055)
LONG_PREFIXES = (512, 512, 448, 384)
LONG_SUFFIXES = (192, 192, 160, 96)
"""How much of a row a prompt may take, one of these at random, so that rows end at different
places: rows that all end alike teach where the end mark stands. Set by hand."""


@dataclass(frozen=True, slots=True)
class Materials:
    """What a phase learns from, and how; `seed` is of its batches and its noise. What is not
    `compiled` is slower, and needs no compiler on the machine. The joint phase has prompts of the
    `form` that the model is asked in."""

    recipe: Recipe
    tokenizer: CodeTokenizer
    train: Corpus
    held_out: Corpus
    seed: int
    device: str
    compiled: bool = True
    form: PromptForm = SmallPrompt

    def head(self) -> HeadLoss:
        return torch.compile(head_loss) if self.compiled else head_loss


class CausalPhase:
    """Packed rows, next-token loss."""

    def __init__(self, materials: Materials) -> None:
        recipe, tokenizer = materials.recipe, materials.tokenizer
        rows = recipe.causal
        self.batches_per_step = rows.batches_per_step
        self.tokens_per_step = rows.rows * rows.length * rows.batches_per_step
        self.device = materials.device
        self.head = materials.head()
        mark = tokenizer.special("<eos>")

        def draw(corpus: Corpus, seed: int) -> Iterator[CausalBatch]:
            sampler = HoleSampler(corpus, tokenizer, seed, shares=recipe.holes)
            return causal_batches(sampler, rows, mark)

        def draw_longer(seed: int) -> Iterator[CausalBatch]:
            of, shares = materials.train, recipe.holes
            sampler = HoleSampler(of, tokenizer, seed, shares=shares)
            long = HoleSampler(of, tokenizer, seed + 1, LONG_PREFIXES, LONG_SUFFIXES, shares)
            return causal_batches(sampler, rows, mark, long)

        self.batches = feed(
            draw_longer if rows.long_share else partial(draw, materials.train),
            materials.seed,
            recipe.workers,
        )
        self.fixed = list(islice(draw(materials.held_out, 0), -(-MEASURED_ROWS // rows.rows)))

    def loss(self, model: DiffusionGemma) -> Tensor:
        with torch.autocast(self.device, torch.bfloat16):
            return causal_loss(model, next(self.batches).to(self.device), self.head)

    def skip(self) -> None:
        """Draw what `loss` would, and drop it."""
        next(self.batches)

    def evaluate(self, model: DiffusionGemma) -> dict[str, float]:
        return {"held_out": self._held_out(model, 0.0), "held_out_middle": self.middles(model)}

    def middles(self, model: DiffusionGemma) -> float:
        """Loss of the held-out rows' middles, which count more than all else, nats per token."""
        return self._held_out(model, 1.0)

    def _held_out(self, model: DiffusionGemma, above: float) -> float:
        total = 0.0
        # with gradients on, although none are used: the compiled training graphs serve as they are
        with torch.autocast(self.device, torch.bfloat16):
            for held in self.fixed:
                batch = held.to(self.device)
                counted = batch._replace(weights=(batch.weights > above).float())
                total += causal_loss(model, counted, self.head).item()
        return total / len(self.fixed)


class JointPhase:
    """Prompts with several corrupted canvases each; both losses."""

    def __init__(self, materials: Materials) -> None:
        recipe, tokenizer = materials.recipe, materials.tokenizer
        rows = recipe.joint
        canvas = sum(length * share for length, share in rows.canvases.items())
        row_tokens = rows.length + int(canvas * rows.canvases_per_prompt)
        self.batches_per_step = rows.batches_per_step
        self.tokens_per_step = rows.rows * row_tokens * rows.batches_per_step
        self.device = materials.device
        self.joint = JointLoss(
            Corruption(_noise(recipe, tokenizer)),
            recipe.rows,
            rows.canvases_per_prompt,
            materials.head(),
        )
        self.generator = torch.Generator(materials.device).manual_seed(materials.seed)
        self.random = Random(materials.seed)
        code = rows.length - max(rows.canvases) - rows.said

        def draw(corpus: Corpus, seed: int) -> Iterator[JointBatch]:
            sampler = HoleSampler(
                corpus,
                tokenizer,
                seed,
                prefix_budgets=[int(code * share) for share in PREFIX_SHARES],
                suffix_budgets=[int(code * share) for share in SUFFIX_SHARES],
                shares=recipe.holes,
                form=materials.form,
            )
            return joint_batches(sampler, rows)

        self.batches = feed(
            lambda seed: draw(materials.train, seed), materials.seed, recipe.workers
        )
        self.fixed = list(islice(draw(materials.held_out, 0), -(-MEASURED_ROWS // rows.rows)))

    def loss(self, model: DiffusionGemma) -> Tensor:
        conditioned = self.random.random() < SELF_CONDITIONED_SHARE
        with torch.autocast(self.device, torch.bfloat16):
            batch = next(self.batches).to(self.device)
            losses = self.joint(model, batch, self.generator, conditioned)
        return losses.denoise + CAUSAL_SHARE * losses.causal

    def skip(self) -> None:
        """Draw what `loss` would, and drop it."""
        self.random.random()
        next(self.batches)

    def evaluate(self, model: DiffusionGemma) -> dict[str, float]:
        causal = 0.0
        denoise = dict.fromkeys(MEASURED_LEVELS, 0.0)
        with torch.autocast(self.device, torch.bfloat16):
            for level in MEASURED_LEVELS:
                generator = torch.Generator(self.device).manual_seed(0)
                for batch in self.fixed:
                    losses = self.joint(model, batch.to(self.device), generator, False, level)
                    denoise[level] += losses.denoise.item() / len(self.fixed)
                    causal += losses.causal.item() / len(self.fixed) / len(MEASURED_LEVELS)
        return {"held_out_causal": causal} | {
            f"held_out_t{level}": loss for level, loss in denoise.items()
        }


class MixedPhase:
    """Causal batches, and a joint one after every few of them."""

    def __init__(self, materials: Materials) -> None:
        self.causal = CausalPhase(materials)
        self.joint = JointPhase(materials)
        recipe = materials.recipe
        phases: list[CausalPhase | JointPhase] = [self.causal] * recipe.causal_turns
        phases.append(self.joint)
        self.turns = cycle(phases)
        rounds = max(1, recipe.causal.batches_per_step // len(phases))
        self.batches_per_step = rounds * len(phases)
        self.tokens_per_step = rounds * sum(
            phase.tokens_per_step // phase.batches_per_step for phase in phases
        )

    def loss(self, model: DiffusionGemma) -> Tensor:
        return next(self.turns).loss(model)

    def skip(self) -> None:
        """Draw what `loss` would, and drop it."""
        next(self.turns).skip()

    def evaluate(self, model: DiffusionGemma) -> dict[str, float]:
        return self.causal.evaluate(model) | self.joint.evaluate(model)


def _noise(recipe: Recipe, tokenizer: CodeTokenizer) -> Noise:
    vocabulary = len(tokenizer.texts)
    if recipe.noise == "uniform":
        return UniformNoise(vocabulary)
    return HybridNoise(vocabulary, tokenizer.special("<mask>"), UNIFORM_SHARE)


PHASES: Mapping[PhaseName, Callable[[Materials], Phase[DiffusionGemma]]] = {
    "causal": CausalPhase,
    "joint": JointPhase,
    "mixed": MixedPhase,
}
