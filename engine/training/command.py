"""`fillwright train`: make the corpus, run a phase, export a checkpoint.

Everything lies in one folder (default `.training`): `corpus/`, `run/state.pt`, `run/curve.jsonl`.
"""

import argparse
import gzip
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import torch

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.errors import BadRequest
from fillwright.engine.evaluation.projects import ProjectSet, fetch_projects
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.sources.corpus import Corpus
from fillwright.engine.training.compare import SMALLEST, compare
from fillwright.engine.training.export import Average, Format, export, re_export
from fillwright.engine.training.feed import SEEDS_APART
from fillwright.engine.training.gather import TextSource, build_corpus
from fillwright.engine.training.initialise import new_model, small_config
from fillwright.engine.training.made import made
from fillwright.engine.training.masked_command import add_masked
from fillwright.engine.training.optimizer import Optimizer, learnt
from fillwright.engine.training.phases import PHASES, Materials, MixedPhase
from fillwright.engine.training.recipes import RECIPES
from fillwright.engine.training.team import Alone, Member, Shared, Team, run_together
from fillwright.engine.training.train import Run, Schedule


def main(argv: list[str]) -> int:
    """Run one sub-command; returns the exit code."""
    arguments = _parser().parse_args(argv)
    arguments.recipe = RECIPES[arguments.recipe]
    arguments.run(arguments)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fillwright train", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(".training"))
    parser.add_argument("--recipe", choices=tuple(RECIPES), default="cpu")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    corpus = commands.add_parser("corpus", help="download, sieve and store the training text")
    corpus.add_argument(
        "--clear-of",
        type=Path,
        nargs="*",
        default=[],
        metavar="FILE.jsonl.gz",
        help="benchmark files whose text must not be learnt",
    )
    corpus.add_argument(
        "--tokenizer-of",
        type=Path,
        metavar="FOLDER",
        help="a checkpoint to go on from: keep its tokenizer instead of learning one",
    )
    corpus.add_argument(
        "--packages",
        choices=get_args(TextSource),
        default="downloads",
        help="of what beside the standard library: all that are listed, what was downloaded "
        "before, or what is installed",
    )
    corpus.add_argument(
        "--only",
        nargs="+",
        default=[],
        metavar="NAME",
        help="packages of the list, for a smaller text in less time (all of it)",
    )
    corpus.set_defaults(run=_corpus)

    part = commands.add_parser(
        "part", help="write a training folder with a random part of the text, to travel"
    )
    part.add_argument("to", type=Path, metavar="FOLDER")
    part.add_argument("--megabytes", type=float, required=True, help="at most, of packed text")
    part.set_defaults(run=_part)

    run = commands.add_parser("run", help="train for a while; continues from the last checkpoint")
    run.add_argument("--phase", choices=tuple(PHASES), required=True)
    run.add_argument("--minutes", type=float, required=True)
    run.add_argument("--decay-minutes", type=float, default=0.0)
    run.add_argument("--rate", type=float, default=1.0, help="multiplies every learning rate")
    run.add_argument(
        "--processes",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="that learn together on a CPU, with one thread each (one per core)",
    )
    run.add_argument(
        "--start-from",
        type=Path,
        metavar="FOLDER",
        help="weights of a first step: an exported checkpoint with the corpus's tokenizer",
    )
    run.add_argument("--seed", type=int, default=0)
    run.add_argument("--device", default="cpu")
    run.set_defaults(run=_run)

    add_masked(commands)

    compare_ = commands.add_parser(
        "compare", help="train noise laws and row conventions side by side, at small scale"
    )
    compare_.add_argument("--causal-steps", type=int, default=600)
    compare_.add_argument("--joint-steps", type=int, default=300)
    compare_.add_argument("--seeds", type=int, default=1)
    compare_.set_defaults(run=_compare)

    export_ = commands.add_parser("export", help="write the last checkpoint as a model folder")
    export_.add_argument("to", type=Path, nargs="?", default=embedded_checkpoint())
    export_.add_argument(
        "--format",
        choices=get_args(Format),
        default="int8",
        help="how matrices are stored; transformers opens bf16 only",
    )
    export_.add_argument(
        "--of", type=Path, metavar="FOLDER", help="a model folder to write in another format"
    )
    export_.add_argument(
        "--average-with",
        type=Path,
        metavar="FOLDER",
        help="average with the checkpoint that the run started from",
    )
    export_.add_argument(
        "--share", type=float, default=0.6, help="of the run's weights in such an average (0.6)"
    )
    export_.set_defaults(run=_export)

    measure = commands.add_parser(
        "measure", help="print the losses of model folders on the held-out files of the corpus"
    )
    measure.add_argument("checkpoints", type=Path, nargs="+", metavar="FOLDER")
    measure.set_defaults(run=_measure)

    calibrate = commands.add_parser(
        "calibrate", help="measure what a search for a hole's length must allow for; write it down"
    )
    calibrate.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="source to learn on")
    calibrate.add_argument("--of", type=Path, metavar="FOLDER", default=embedded_checkpoint())
    calibrate.add_argument(
        "--per-file", type=int, default=8, metavar="N", help="holes, at most (8)"
    )
    calibrate.add_argument("--device", default="auto")
    calibrate.add_argument("--seed", type=int, default=0)
    calibrate.set_defaults(run=_calibrate)

    gate = commands.add_parser(
        "gate", help="fit how much the user's own code counts beside the model; write it down"
    )
    gate.add_argument(
        "projects", type=Path, nargs="+", metavar="FOLDER", help="of projects to learn on"
    )
    gate.add_argument("--of", type=Path, metavar="FOLDER", default=embedded_checkpoint())
    gate.add_argument("--files", type=int, default=40, metavar="N", help="of each, at most (40)")
    gate.add_argument("--lines", type=int, default=2, metavar="N", help="of a file, at most (2)")
    gate.add_argument("--device", default="auto")
    gate.add_argument("--seed", type=int, default=0)
    gate.set_defaults(run=_gate)
    return parser


def _corpus(arguments: argparse.Namespace) -> None:
    tokenizer = None
    if arguments.tokenizer_of is not None:
        tokenizer = arguments.tokenizer_of / "tokenizer.json"
        if not tokenizer.exists():
            raise BadRequest(f"{tokenizer} is missing; give the folder of a checkpoint.")
    counts = build_corpus(
        arguments.folder / "corpus",
        {text for path in arguments.clear_of for text in _benchmark_texts(path)},
        () if arguments.packages == "archives" else _project_texts(arguments.folder / "projects"),
        arguments.recipe.vocabulary,
        tokenizer,
        arguments.packages,
        arguments.only,
    )
    print(json.dumps(counts, indent=1))


def _part(arguments: argparse.Namespace) -> None:
    corpus, to = arguments.folder / "corpus", arguments.to / "corpus"
    whole = made(corpus / "train.npz.xz", by="corpus")
    train = Corpus.load(whole)
    to.mkdir(parents=True, exist_ok=True)
    order = np.random.default_rng(0).permutation(len(train))
    size, share = whole.stat().st_size, 1.0
    shutil.copyfile(whole, to / "train.npz.xz")
    while size > arguments.megabytes * 1e6:
        share *= 0.97 * arguments.megabytes * 1e6 / size
        chosen = np.sort(order[: int(share * len(train))])
        train.part(chosen).save(to / "train.npz.xz", small=True)
        size = (to / "train.npz.xz").stat().st_size
    for name in ("held_out.npz.xz", "tokenizer.json"):
        shutil.copyfile(corpus / name, to / name)
    print(f"{share:.0%} of {len(train)} documents, {size / 1e6:.1f} MB, in {to}")


def _benchmark_texts(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for item in map(json.loads, lines):
            yield item["prompt"] + item["canonical_solution"] + item["suffix"]


def _project_texts(folder: Path) -> Iterator[str]:
    """Every source file of the projects that a checkpoint is fitted to and reported on."""
    for part in get_args(ProjectSet):
        for project in fetch_projects(part, folder):
            for path in sorted(path for path in project.rglob("*") if path.is_file()):
                yield path.read_text("utf-8")


def _export(arguments: argparse.Namespace) -> None:
    if arguments.of is not None:
        re_export(arguments.of, arguments.to, arguments.format)
        return
    average = None
    if arguments.average_with is not None:
        average = Average(arguments.average_with, arguments.share)
    export(
        made(arguments.folder / "run" / "state.pt", by="run"),
        arguments.folder / "corpus" / "tokenizer.json",
        arguments.to,
        arguments.format,
        average,
    )


def _calibrate(arguments: argparse.Namespace) -> None:
    # these load grammars, which a machine that only trains does without
    from fillwright.engine.infill.loading import load_infiller
    from fillwright.engine.training.calibrate import holes_of, measured_bias, write_bias

    questions = holes_of(arguments.paths, arguments.per_file, arguments.seed)
    infiller = load_infiller(arguments.of, arguments.device)
    bias = measured_bias(infiller, questions, arguments.seed)
    write_bias(arguments.of, bias)
    print(json.dumps(bias.points))


def _gate(arguments: argparse.Namespace) -> None:
    # these load grammars, which a machine that only trains does without
    from fillwright.engine.infill.loading import load_infiller
    from fillwright.engine.training.gate import fitted, nats_of_others, tokens_of, write_gate

    infiller = load_infiller(arguments.of, arguments.device)
    tokens = list(
        tokens_of(infiller, arguments.projects, arguments.files, arguments.lines, arguments.seed)
    )
    write_gate(arguments.of, fitted(tokens))
    print(f"{len(tokens)} tokens; nats of one, by the model alone and with the project remembered,")
    print("with constants fitted on the other projects:")
    for project, (alone, mixed) in nats_of_others(tokens).items():
        print(f"{project:24} {alone:.3f} {mixed:.3f}")


def _run(arguments: argparse.Namespace) -> None:
    made(arguments.folder / "corpus" / "train.npz.xz", by="corpus")
    if arguments.device != "cpu":
        _learn(arguments, _model(arguments), Alone())
        return
    shared = Shared.of(learnt(_model(arguments)), arguments.processes)
    run_together(_learn_together, arguments.processes, shared, arguments)


def _learn_together(rank: int, shared: Shared, arguments: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    model = _model(arguments)
    _learn(arguments, model, Member(shared, rank, learnt(model)))


def _model(arguments: argparse.Namespace) -> DiffusionGemma:
    recipe = arguments.recipe
    tokenizer = CodeTokenizer.from_checkpoint(arguments.folder / "corpus")
    model = new_model(small_config(recipe, tokenizer), arguments.seed)
    if arguments.start_from is not None:
        model.load_state_dict(DiffusionGemma.from_checkpoint(arguments.start_from).state_dict())
    model.to(arguments.device)
    model.frequencies = {kind: f.to(arguments.device) for kind, f in model.frequencies.items()}
    return model


def _learn(arguments: argparse.Namespace, model: DiffusionGemma, team: Team) -> None:
    corpus = arguments.folder / "corpus"
    tokenizer = CodeTokenizer.from_checkpoint(corpus)
    recipe = arguments.recipe
    optimizer = Optimizer(model, recipe.matrix_rate, recipe.embedding_rate, recipe.gain_rate, team)
    folder = arguments.folder / "run"
    folder.mkdir(parents=True, exist_ok=True)
    run = Run(folder, small_config(recipe, tokenizer), model, optimizer)
    run.resume()
    # a graph for each length of canvas, in both kinds of layer: one for any length is slower
    torch._dynamo.config.recompile_limit = 64
    for layer in model.layers:
        layer.compile(dynamic=False)
    materials = Materials(
        recipe,
        tokenizer,
        Corpus.load(corpus / "train.npz.xz"),
        Corpus.load(corpus / "held_out.npz.xz"),
        seed=arguments.seed + run.steps + team.rank * SEEDS_APART * max(1, recipe.workers),
        device=arguments.device,
    )
    run.train(
        Schedule(arguments.phase, arguments.minutes, arguments.decay_minutes, rate=arguments.rate),
        PHASES[arguments.phase](materials),
    )


def _measure(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    corpus = arguments.folder / "corpus"
    held_out = Corpus.load(made(corpus / "held_out.npz.xz", by="corpus"))
    tokenizer = CodeTokenizer.from_checkpoint(corpus)
    recipe = arguments.recipe
    # what it would learn from is not read
    phase = MixedPhase(Materials(recipe, tokenizer, held_out, held_out, seed=0, device="cpu"))
    for checkpoint in arguments.checkpoints:
        model = new_model(small_config(recipe, tokenizer), seed=0)
        model.load_state_dict(DiffusionGemma.from_checkpoint(checkpoint).state_dict())
        losses = "  ".join(f"{name} {loss:.3f}" for name, loss in phase.evaluate(model).items())
        print(f"{checkpoint}  {losses}", flush=True)


def _compare(arguments: argparse.Namespace) -> None:
    corpus = arguments.folder / "corpus"
    made(corpus / "train.npz.xz", by="corpus")
    arms = compare(
        SMALLEST,
        CodeTokenizer.from_checkpoint(corpus),
        Corpus.load(corpus / "train.npz.xz"),
        Corpus.load(corpus / "held_out.npz.xz"),
        arguments.causal_steps,
        arguments.joint_steps,
        arguments.seeds,
    )
    for arm in arms:
        losses = "  ".join(f"{name} {loss:.3f}" for name, loss in arm.losses.items())
        print(f"{arm.noise:8} {arm.rows.value:8} seed {arm.seed}  {losses}", flush=True)
