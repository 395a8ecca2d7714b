"""The user's files as data for other people's trainers of DiffusionGemma: the prompts that the
engine asks with, and what stood in the holes. Knows the files that those trainers read.

    train.jsonl, held_out.jsonl    a sample in each line
    fillwright.jinja               for NeMo: a template that gives a conversation as it is
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from tokenizers import Tokenizer

from fillwright.engine.errors import BadRequest
from fillwright.engine.infill.prompts.chat import BEGIN
from fillwright.engine.sources.corpus import Corpus
from fillwright.engine.training.batches import MAX_MIDDLE
from fillwright.engine.training.recipes import FURTHER
from fillwright.engine.training.samples import HoleSampler
from fillwright.engine.tuning.asking import Asking
from fillwright.engine.tuning.files import HELD_OUT, TuningText

TrainerFormat = Literal["trl", "nemo", "hackable-diffusion", "unsloth"]
LONGEST = 1024
"""Tokens of a sample: what the trainers' own recipes for DiffusionGemma read."""
PREFIXES, SUFFIXES = (512, 384, 256, 96), (192, 128, 64, 32)
TRIES = 8
"""How much of the code around a hole is shown, one of these at random, and how many holes are drawn
for each sample that is asked for: a small project has few that differ. Set by hand."""
TEMPLATE = "fillwright.jinja"
AS_IT_IS = (
    "{%- for message in messages -%}{%- if message.role == 'assistant' -%}"
    "{% generation %}{{ message.content }}{% endgeneration %}"
    "{%- else -%}{{ message.content }}{%- endif -%}{%- endfor -%}"
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A prompt and its answer with the first end mark, as ids and as text with special tokens."""

    prompt: list[int]
    answer: list[int]
    prompt_text: str
    answer_text: str


def _trl(pair: Pair) -> dict[str, Any]:
    return {
        "input_ids": [*pair.prompt, *pair.answer],
        "completion_mask": [0] * len(pair.prompt) + [1] * len(pair.answer),
    }


def _unsloth(pair: Pair) -> dict[str, Any]:
    ids = [*pair.prompt, *pair.answer]
    return {
        "input_ids": ids,
        "attention_mask": [1] * len(ids),
        "labels": [-100] * len(pair.prompt) + pair.answer,
    }


def _nemo(pair: Pair) -> dict[str, Any]:
    texts = {"user": pair.prompt_text, "assistant": pair.answer_text}
    return {"messages": [{"role": role, "content": text} for role, text in texts.items()]}


def _hackable_diffusion(pair: Pair) -> dict[str, Any]:
    # its reader puts the first token there itself
    return {"prompt": pair.prompt_text.removeprefix(BEGIN), "response": pair.answer_text}


ROWS: Mapping[TrainerFormat, Callable[[Pair], dict[str, Any]]] = {
    "trl": _trl,
    "nemo": _nemo,
    "hackable-diffusion": _hackable_diffusion,
    "unsloth": _unsloth,
}

TEXT: frozenset[TrainerFormat] = frozenset(["nemo", "hackable-diffusion"])


def export_data(
    text: TuningText,
    checkpoint: Path,
    to: Path,
    trainer: TrainerFormat,
    samples: int,
    seed: int,
) -> dict[str, int]:
    """Write the files for a trainer, of `samples` to learn and a tenth as many of held-out files;
    returns how many came of each. Raises CheckpointError for what is no DiffusionGemma, and
    BadRequest where the files give no sample.

    Formats that are text have only samples that the tokenizer, reading the text, cuts into the
    tokens that the engine asks with.
    """
    asking = Asking.of(checkpoint)
    parts = {"train": (text.train, samples), "held_out": (text.held_out, samples // HELD_OUT)}
    to.mkdir(parents=True, exist_ok=True)
    if trainer == "nemo":
        (to / TEMPLATE).write_text(AS_IT_IS, "utf-8")
    written = {}
    for name, (corpus, count) in parts.items():
        pairs = _pairs(corpus, asking, checkpoint, seed, trainer in TEXT)
        found = list(islice(_different(pairs, TRIES * count), max(1, count)))
        rows = [json.dumps(ROWS[trainer](pair), ensure_ascii=True) for pair in found]
        (to / f"{name}.jsonl").write_text("".join(f"{row}\n" for row in rows), "utf-8")
        written[name] = len(rows)
    if not written["train"]:
        raise BadRequest("No hole of these files fits a sample; give more files.")
    return written


def _pairs(
    corpus: Corpus, asking: Asking, checkpoint: Path, seed: int, is_text: bool
) -> Iterator[Pair | None]:
    """Endless; None where a sample cannot be given."""
    reader = Tokenizer.from_file(str(checkpoint / "tokenizer.json"))
    sampler = HoleSampler(
        corpus, asking.tokenizer, seed, PREFIXES, SUFFIXES, FURTHER.holes, asking.form
    )
    for sample in sampler.samples(MAX_MIDDLE):
        prompt, answer = sample.prompt, [*sample.middle, sampler.end_marks[0]]
        texts = [reader.decode(ids, skip_special_tokens=False) for ids in (prompt, answer)]
        ids = [*prompt, *answer]
        is_given = len(ids) <= LONGEST
        if is_given and is_text:
            is_given = reader.encode("".join(texts), add_special_tokens=False).ids == ids
        yield Pair(prompt, answer, *texts) if is_given else None


def _different(pairs: Iterator[Pair | None], tries: int) -> Iterator[Pair]:
    """Each once, out of so many."""
    seen = set[tuple[int, ...]]()
    for pair in islice(pairs, tries):
        if pair is not None and (key := (*pair.prompt, *pair.answer)) not in seen:
            seen.add(key)
            yield pair
