"""A small mask model of the Dream family, made of the embedded one and our own text: its config,
its first weights, and its phase of training. Nothing ships it.

Knows batches and losses; knows nothing of schedules.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor

from fillwright.engine.description import describe
from fillwright.engine.infill.masked.layout import Marks
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.model.config_json import read_config
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.transformer import Transformer
from fillwright.engine.model.transformer_config import transformer_config
from fillwright.engine.sources.corpus import Corpus
from fillwright.engine.training.masked_rows import MaskedBatch, MaskedRows, Text
from fillwright.engine.training.plain_start import norm_constants, plain_weights
from fillwright.engine.training.recipes import HoleShares, MaskedShape
from fillwright.engine.training.samples import HoleSampler, Sample

BATCHES_PER_STEP = 1
MEASURED = 8
FITTED = 16
PREFIX_SHARES = (0.6, 0.6, 0.6, 0.375, 0.16)
SUFFIX_SHARES = (0.235, 0.235, 0.125, 0.05)
HOLES = HoleShares(
    kinds={"line": 0.5, "line end": 0.3, "node": 0.12, "characters": 0.08},
    function=0.4,
    prose=0.15,
)
"""MEASURED: batches. FITTED: documents that the first weights are fitted on. The others: how
much of a row the text around a hole is, and what holes there are. All were set by hand."""


def masked_config(shape: MaskedShape, base: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The config.json of a Dream-type network with special tokens of ours, made of the model with
    the config `base`."""
    text = base["text_config"]
    return {
        "architectures": ["DreamModel"],
        "model_type": "Dream",
        "vocab_size": text["vocab_size"],
        "hidden_size": text["hidden_size"],
        "intermediate_size": text["intermediate_size"] + text["moe_intermediate_size"],
        "num_hidden_layers": text["num_hidden_layers"],
        "num_attention_heads": text["num_attention_heads"],
        "num_key_value_heads": text["num_key_value_heads"],
        "head_dim": text["head_dim"],
        "hidden_act": "silu",
        "rms_norm_eps": text["rms_norm_eps"],
        "rope_theta": text["rope_parameters"]["sliding_attention"]["rope_theta"],
        "tie_word_embeddings": True,
        "max_position_embeddings": shape.context,
        "dtype": "bfloat16",
        "fillwright": {
            "name": name,
            "family": "DreamOn",
            "skeleton": "qwen3",
            "holes": "any",
            "deletions": "last",
            "context": shape.context,
            "lines": shape.rows,
            "bodies": shape.rows,
            "temperature": 0.0,
            "mask": "<mask>",
            "expand": "<reserved_0>",
            "delete": "<eos>",
            "begin": "<bos>",
            "end": "<eos>",
            "languages": ["python"],
        },
    }


def constants_of(model: DiffusionGemma, tokenizer: CodeTokenizer, corpus: Corpus) -> Tensor:
    """As norm_constants gives them, of the corpus's first documents."""
    texts = (tokenizer.encode(corpus.document(i))[:512] for i in range(len(corpus)))
    whole = islice((ids for ids in texts if len(ids) == 512), FITTED)
    return norm_constants(model, torch.tensor(list(whole)).view(-1, 128))


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """What training begins with: a config.json, its special tokens, and a network with its first
    weights."""

    config: dict[str, Any]
    marks: Marks
    network: Transformer

    @classmethod
    def of(cls, base: Path, shape: MaskedShape, name: str, constants: Tensor) -> Self:
        """A model called `name`, made of the checkpoint in the folder `base`; `constants` as
        constants_of gives them. Raises CheckpointError, and KeyError, ValueError or RuntimeError
        for constants of another checkpoint."""
        config = masked_config(shape, read_config(base), name)
        marks = marks_of(config, CodeTokenizer.from_checkpoint(base))
        network = Transformer(transformer_config(config, "qwen3"))
        network.load_state_dict(plain_weights(DiffusionGemma.from_checkpoint(base), constants))
        with torch.no_grad():
            weight, (mask, expand, delete) = network.model.embed_tokens.weight, tokens_of(marks)
            # the canvas's rows were normed, all others were not
            weight[mask] *= weight[mask].square().mean().rsqrt()
            # it has met no such token, and the end mark is the other one that edits
            weight[expand] = weight[delete]
        return cls(config, marks, network)


class MaskedPhase:
    """Rows of one length, all attention full; half of them have holes elsewhere too."""

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
        self.tokens_per_step = BATCHES_PER_STEP * shape.batch * shape.length
        rows = MaskedRows(shape.length, shape.rows, marks, tokenizer.special("<pad>"))

        def drawn(corpus: Corpus, seed: int) -> Iterator[MaskedBatch]:
            sampler = HoleSampler(
                corpus,
                tokenizer,
                seed,
                prefix_budgets=[int(share * shape.length) for share in PREFIX_SHARES],
                suffix_budgets=[int(share * shape.length) for share in SUFFIX_SHARES],
                shares=HOLES,
            )
            texts = (_text(sample, tokenizer, marks) for sample in sampler.samples(shape.rows - 2))
            random = Random(seed)
            while True:
                yield rows.batch(islice(texts, shape.batch), random)

        train, held_out = corpora
        self._train = drawn(train, seed)
        self._measured = list(islice(drawn(held_out, 0), MEASURED))

    def loss(self, model: Transformer) -> Tensor:
        """Nats per open row, weighted; a scalar."""
        return _loss(model, next(self._train))

    @torch.no_grad()
    def evaluate(self, model: Transformer) -> dict[str, float]:
        losses = [float(_loss(model, each)) for each in self._measured]
        return {"open rows": sum(losses) / len(losses)}


def _loss(model: Transformer, batch: MaskedBatch) -> Tensor:
    """The weighted mean over the open rows."""
    logits = model.logits(model(batch.ids).flatten(0, 1)[batch.places])
    losses = F.cross_entropy(logits, batch.targets, reduction="none")
    return (losses * batch.weights).sum() / batch.weights.sum()


def _text(sample: Sample, tokenizer: CodeTokenizer, marks: Marks) -> Text:
    before, after = _around(sample.prompt, tokenizer, marks)
    return before, sample.middle, after


def _around(
    prompt: list[int], tokenizer: CodeTokenizer, marks: Marks
) -> tuple[list[int], list[int]]:
    """What stands before and after a hole, from the prompt of fillwright-small."""
    suffix, prefix = (prompt.index(tokenizer.special(each)) for each in ("<suffix>", "<prefix>"))
    begin = [] if marks.begin is None else [marks.begin]
    end = [] if marks.end is None else [marks.end]
    return [*begin, *prompt[prefix + 1 : -1]], [*prompt[suffix + 1 : prefix], *end]


def tokens_of(marks: Marks) -> list[int]:
    """Those whose embedding is learnt: the mask, and what edits a hole."""
    edits = marks.edits
    return [token for token in (marks.mask, edits.expand, edits.delete) if token is not None]


def marks_of(config: Mapping[str, Any], tokenizer: CodeTokenizer) -> Marks:
    """The special tokens of a config made here."""
    description = describe(config, tokenizer.special_names)
    return Marks.of(tokenizer, description, config["vocab_size"])
