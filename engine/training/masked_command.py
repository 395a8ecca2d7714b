"""`fillwright train masked` and `join`: a small mask model, made of the embedded one.

Knows files; the losses and the batches are elsewhere.
"""

import argparse
from pathlib import Path

import torch

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.sources.corpus import Corpus
from fillwright.engine.training.made import made
from fillwright.engine.training.masked import Begun, MaskedPhase, constants_of, tokens_of
from fillwright.engine.training.masked_learnt import Learnt, write_folder
from fillwright.engine.training.recipes import MASKED, MASKED_RATES
from fillwright.engine.training.thin import ThinOptimizer, make_thin
from fillwright.engine.training.train import Run, Schedule


def add_masked(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    masked = commands.add_parser(
        "masked", help="teach a small mask model, made of the embedded one; `join` makes its folder"
    )
    masked.add_argument("to", type=Path, metavar="FILE", help="for what it learns, a few megabytes")
    masked.add_argument("--minutes", type=float, required=True)
    masked.add_argument("--decay-minutes", type=float, default=0.0)
    masked.add_argument("--seed", type=int, default=0)
    masked.set_defaults(run=_learn)

    join = commands.add_parser("join", help="write the model folder of a small mask model")
    join.add_argument("learnt", type=Path, metavar="FILE", help="that `masked` wrote")
    join.add_argument("to", type=Path, metavar="FOLDER")
    join.set_defaults(run=_join)
    for command in (masked, join):
        command.add_argument(
            "--start-from",
            type=Path,
            metavar="FOLDER",
            default=embedded_checkpoint(),
            help="the checkpoint that it is made of",
        )


def _learn(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    corpus, base = arguments.folder / "corpus", arguments.start_from
    train = Corpus.load(made(corpus / "train.npz.xz", by="corpus"))
    held_out = Corpus.load(corpus / "held_out.npz.xz")
    tokenizer = CodeTokenizer.from_checkpoint(base)
    constants = constants_of(DiffusionGemma.from_checkpoint(base), tokenizer, train)
    begun = Begun.of(base, MASKED, "masked", constants)
    marks, network = begun.marks, begun.network
    make_thin(network, MASKED.rank, tokens_of(marks))
    folder = arguments.folder / "masked"
    folder.mkdir(parents=True, exist_ok=True)
    run = Run(folder, begun.config, network, ThinOptimizer(network, *MASKED_RATES))
    run.resume()
    phase = MaskedPhase(MASKED, tokenizer, marks, (train, held_out), arguments.seed + run.steps)
    schedule = Schedule(
        "masked",
        arguments.minutes,
        arguments.decay_minutes,
        warmup_steps=15,
        checkpoint_minutes=3.0,
    )
    run.train(schedule, phase)
    Learnt.of(constants, network).write(arguments.to)


def _join(arguments: argparse.Namespace) -> None:
    learnt = Learnt.read(arguments.learnt)
    write_folder(arguments.start_from, learnt, MASKED, arguments.to)
