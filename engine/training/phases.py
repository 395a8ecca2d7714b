"""The two phases of training: causal first, for most of the quality comes from there, then causal
and denoising together.

Knows batch shapes and loss weights; knows nothing of schedules or files.
"""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from fillwright.engine.diffusion.noise import HybridNoise
from fillwright.engine.infill.tokenizer import CodeTokenizer
from fillwright.engine.model import DiffusionGemma
from fillwright.engine.training.batches import JointBatch, causal_batches, joint_batches
from fillwright.engine.training.corpus import Corpus
from fillwright.engine.training.initialise import UNIFORM_SHARE
from fillwright.engine.training.losses import JointLoss, causal_loss, head_loss
from fillwright.engine.training.noising import Corruption
from fillwright.engine.training.samples import HoleSampler
from fillwright.engine.training.train import PhaseName

MEASURED_BATCHES = 4
MEASURED_LEVELS = (1.0, 0.6, 0.3)
CAUSAL_SHARE = 1.0
SELF_CONDITIONED_SHARE = 0.5


class CausalPhase:
    """Packed rows, next-token loss."""

    rows = 12
    length = 512
    tokens_per_step = rows * length

    def __init__(
        self, tokenizer: CodeTokenizer, train: Corpus, held_out: Corpus, seed: int, device: str
    ) -> None:
        self.device = device
        self.head = torch.compile(head_loss)
        mark = tokenizer.special("<eos>")
        self.batches = causal_batches(
            HoleSampler(train, tokenizer, seed), self.rows, self.length, mark
        )
        fixed = causal_batches(HoleSampler(held_out, tokenizer, 0), self.rows, self.length, mark)
        self.fixed = [next(fixed) for _ in range(MEASURED_BATCHES)]

    def loss(self, model: DiffusionGemma) -> Tensor:
        with torch.autocast(self.device, torch.bfloat16):
            return causal_loss(model, next(self.batches), self.head)

    def evaluate(self, model: DiffusionGemma) -> dict[str, float]:
        every = middle = 0.0
        # with gradients on, although none are used: the compiled training graphs serve as they are
        with torch.autocast(self.device, torch.bfloat16):
            for batch in self.fixed:
                weights = batch.weights
                every += causal_loss(
                    model, batch._replace(weights=(weights > 0).float()), self.head
                ).item()
                middle += causal_loss(
                    model, batch._replace(weights=(weights > 1).float()), self.head
                ).item()
        return {"held_out": every / MEASURED_BATCHES, "held_out_middle": middle / MEASURED_BATCHES}


class JointPhase:
    """Prompts with several corrupted canvases each; both losses."""

    rows = 16
    prompt_length = 288
    canvas = 32
    canvases_per_prompt = 4
    tokens_per_step = rows * (prompt_length + canvas * (1 + canvases_per_prompt))

    def __init__(
        self, tokenizer: CodeTokenizer, train: Corpus, held_out: Corpus, seed: int, device: str
    ) -> None:
        self.device = device
        noise = HybridNoise(len(tokenizer.texts), tokenizer.special("<mask>"), UNIFORM_SHARE)
        self.joint = JointLoss(
            Corruption(noise), self.canvases_per_prompt, torch.compile(head_loss)
        )
        self.generator = torch.Generator().manual_seed(seed)
        self.batches = self._batches(train, tokenizer, seed)
        fixed = self._batches(held_out, tokenizer, 0)
        self.fixed = [next(fixed) for _ in range(MEASURED_BATCHES)]

    def loss(self, model: DiffusionGemma) -> Tensor:
        conditioned = torch.rand((), generator=self.generator).item() < SELF_CONDITIONED_SHARE
        with torch.autocast(self.device, torch.bfloat16):
            losses = self.joint(model, next(self.batches), self.generator, conditioned)
        return losses.denoise + CAUSAL_SHARE * losses.causal

    def evaluate(self, model: DiffusionGemma) -> dict[str, float]:
        found = {"held_out_causal": 0.0} | {f"held_out_t{t}": 0.0 for t in MEASURED_LEVELS}
        with torch.autocast(self.device, torch.bfloat16):
            for level in MEASURED_LEVELS:
                generator = torch.Generator().manual_seed(0)
                for batch in self.fixed:
                    losses = self.joint(model, batch, generator, False, level)
                    found[f"held_out_t{level}"] += losses.denoise.item() / MEASURED_BATCHES
                    found["held_out_causal"] += losses.causal.item() / (
                        MEASURED_BATCHES * len(MEASURED_LEVELS)
                    )
        return found

    def _batches(self, corpus: Corpus, tokenizer: CodeTokenizer, seed: int) -> Iterator[JointBatch]:
        sampler = HoleSampler(
            corpus,
            tokenizer,
            seed,
            prefix_budgets=(200, 160, 120, 60),
            suffix_budgets=(84, 64, 32, 16),
        )
        return joint_batches(
            sampler, self.rows, self.prompt_length, self.canvas, tokenizer.special("<eos>")
        )


PHASES: Mapping[PhaseName, type[CausalPhase] | type[JointPhase]] = {
    "causal": CausalPhase,
    "joint": JointPhase,
}
