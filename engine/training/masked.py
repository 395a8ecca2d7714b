"""A small mask model of the Dream family, from our own text: its shape, its phase of training, and
the folder that it is written to. It shows that the family works from end to end; nothing ships it.

Knows batches and losses; knows nothing of schedules.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from fillwright.engine.description import describe
from fillwright.engine.infill.masked.layout import Marks
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.model.transformer import Transformer
from fillwright.engine.model.transformer_config import transformer_config
from fillwright.engine.sources.corpus import Corpus
from fillwright.engine.training.expanding import OpenRows, open_rows
from fillwright.engine.training.recipes import MaskedShape
from fillwright.engine.training.samples import HoleSampler

BATCHES_PER_STEP = 8
MEASURED = 48


def masked_config(shape: MaskedShape, tokenizer: CodeTokenizer, name: str) -> dict[str, Any]:
    """The config.json of a Dream-type network with our tokenizer's special tokens."""
    return {
        "architectures": ["DreamModel"],
        "model_type": "Dream",
        "vocab_size": len(tokenizer.texts),
        "hidden_size": shape.hidden_size,
        "intermediate_size": shape.intermediate_size,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
        "tie_word_embeddings": True,
        "max_position_embeddings": shape.context,
        "dtype": "bfloat16",
        "fillwright": {
            "name": name,
            "family": "DreamOn",
            "holes": "any",
            "context": shape.context,
            "lines": shape.spare,
            "bodies": 2 * shape.spare,
            "temperature": 0.0,
            "mask": "<mask>",
            "expand": "<reserved_0>",
            "delete": "<eos>",
            "begin": "<bos>",
            "end": "<eos>",
            "languages": ["python"],
        },
    }


def new_masked(config: Mapping[str, Any], seed: int) -> Transformer:
    """A float32 network with first weights: the first loss is about ln(vocabulary)."""
    torch.manual_seed(seed)
    network = Transformer(transformer_config(config, "qwen2"))
    for name, parameter in network.named_parameters():
        if name.endswith("embed_tokens.weight"):
            nn.init.normal_(parameter, std=0.02)
        elif parameter.ndim == 2:
            nn.init.normal_(parameter, std=0.3 * parameter.shape[-1] ** -0.5)
        elif name.endswith("bias"):
            nn.init.zeros_(parameter)
    return network


class MaskedPhase:
    """One hole a batch, in a sequence of its own: no padding, and it fits a CPU's cache."""

    batches_per_step = BATCHES_PER_STEP

    def __init__(
        self,
        shape: MaskedShape,
        tokenizer: CodeTokenizer,
        marks: Marks,
        corpora: tuple[Corpus, Corpus],
        seed: int,
    ) -> None:
        """`corpora` are what is learnt from, and what is measured on."""
        self.tokens_per_step = BATCHES_PER_STEP * shape.context // 2
        train, held_out = corpora

        def drawn(corpus: Corpus, seed: int) -> Iterator[OpenRows]:
            context = shape.context
            sampler = HoleSampler(
                corpus,
                tokenizer,
                seed,
                prefix_budgets=(context // 2, context // 2, context // 4, context // 8),
                suffix_budgets=(context // 4, context // 4, context // 8),
            )
            random = Random(seed)
            for sample in sampler.samples(shape.spare):
                around = _around(sample.prompt, tokenizer, marks)
                yield open_rows(around, sample.middle, shape.spare, marks.mask, marks.edits, random)

        self._train = drawn(train, seed)
        self._measured = list(islice(drawn(held_out, 0), MEASURED))

    def loss(self, model: Transformer) -> Tensor:
        """Nats per open row, weighted; a scalar."""
        return _loss(model, next(self._train))

    @torch.no_grad()
    def evaluate(self, model: Transformer) -> dict[str, float]:
        losses = [float(_loss(model, each)) for each in self._measured]
        return {"open rows": sum(losses) / len(losses)}


def _loss(model: Transformer, batch: OpenRows) -> Tensor:
    """As the bound of MDLM (arXiv 2406.07524) weights it: the mean over the open rows of a hole."""
    hidden = model(torch.tensor([batch.ids]))[0, torch.tensor(batch.rows) - 1]
    losses = F.cross_entropy(model.logits(hidden), torch.tensor(batch.targets), reduction="none")
    weights = torch.tensor(batch.weights)
    return (losses * weights).sum() / weights.sum()


def _around(
    prompt: list[int], tokenizer: CodeTokenizer, marks: Marks
) -> tuple[list[int], list[int]]:
    """What stands before and after a hole, from the prompt of fillwright-small."""
    suffix, prefix = (prompt.index(tokenizer.special(each)) for each in ("<suffix>", "<prefix>"))
    begin = [] if marks.begin is None else [marks.begin]
    end = [] if marks.end is None else [marks.end]
    return [*begin, *prompt[prefix + 1 : -1]], [*prompt[suffix + 1 : prefix], *end]


def export_masked(state_file: Path, tokenizer_file: Path, folder: Path) -> None:
    """Write a training state as a model folder, in bfloat16."""
    state = torch.load(state_file, weights_only=True, map_location="cpu")
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: tensor.to(torch.bfloat16).contiguous() for name, tensor in state["model"].items()
    }
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "tokenizer.json").write_bytes(tokenizer_file.read_bytes())
    (folder / "config.json").write_text(json.dumps(state["config"], indent=2) + "\n", "utf-8")


def marks_of(config: Mapping[str, Any], tokenizer: CodeTokenizer) -> Marks:
    """The special tokens of a config made here."""
    description = describe(config, tokenizer.special_names)
    return Marks.of(tokenizer, description, config["vocab_size"])
