"""Measures what a checkpoint's search for lengths gives to lengths that are wrong, its length
bias, and writes it into the checkpoint's config.json (CAL, arXiv 2602.00476, "bias curve").

Whatever a hole says, a short one is the surer; only what is above that speaks for a length. Knows
punched holes and the engine; knows nothing of training.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean

from fillwright.engine.evaluation.holes import KINDS, punch
from fillwright.engine.evaluation.question import Question
from fillwright.engine.evaluation.source_tree import read_sources
from fillwright.engine.infill.denoising.lengths import LengthBias
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.probes import length_scores
from fillwright.engine.model.config_json import read_config

NEAR = 0.25
TOKENS = 64
"""A length is wrong that is off by more than this share and by more than a token; holes of so many
tokens at most are searched. Set by hand."""


def holes_of(paths: Iterable[Path], per_file: int, seed: int) -> list[Question]:
    """Holes punched into the source files that `paths` name or hold."""
    sources, _ = read_sources(paths)
    return [hole.question for source in sources for hole in punch(source, KINDS, per_file, seed)]


def measured_bias(infiller: Infiller, questions: Iterable[Question], seed: int) -> LengthBias:
    """The mean score of every length over the holes that have another one, by more than a quarter
    and more than a token."""
    scores = defaultdict(list)
    for question in questions:
        right = len(infiller.tokenizer.encode(question.gold))
        request = question.request(decode="denoise", tokens=TOKENS, seed=seed)
        for rows, score in length_scores(infiller, request).items():
            if abs(rows - right) > max(1, NEAR * right):
                scores[rows].append(score)
    return LengthBias(tuple((rows, round(fmean(scores[rows]), 3)) for rows in sorted(scores)))


def write_bias(checkpoint: Path, bias: LengthBias) -> None:
    """Put the bias into the checkpoint's config.json, which changes as a whole."""
    config = read_config(checkpoint)
    config["fillwright"] = config.get("fillwright", {}) | {"length_bias": bias.points}
    partial = checkpoint / "config.json.partial"
    partial.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    partial.replace(checkpoint / "config.json")
