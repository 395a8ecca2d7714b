"""The `fillwright` command: its verbs, and what each exit code means.

Every verb reads its own options. Nothing but the standard library is loaded until the verb is
known, so that `serve` starts at once and stays small.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec

from fillwright.engine.errors import BadRequest, CheckpointError, FillwrightError, MissingExtra
from fillwright.engine.extras import need_torch
from fillwright.engine.version import VERSION
from fillwright.lsp_server.cli.arguments import BAD_ARGUMENTS, ENGINE_FAILED, Parser
from fillwright.lsp_server.cli.examples import examples

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; gives the exit code.

    0 done, 2 arguments, a file or a model that the caller can correct, 3 the engine failed; both
    say so in one sentence on stderr. Anything else that goes wrong is a bug and keeps its
    traceback.
    """
    argv = sys.argv[1:] if argv is None else list(argv)
    for stream in (sys.stdout, sys.stderr):
        # a fill may hold characters that this terminal's encoding does not have
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        return _run(argv)
    except BrokenPipeError:
        # the reader of the output is gone; keep the interpreter's own last flush quiet too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(argv: list[str]) -> int:
    try:
        if not argv or argv[0] not in VERBS:
            _parser().parse_args(argv)
        _, run = VERBS[argv[0]]
        code = run(argv[1:])
        sys.stdout.flush()
        return code
    except FillwrightError as error:
        print(f"fillwright: {error}", file=sys.stderr)
        return exit_code(type(error))
    except SystemExit:
        # argparse has printed the help, or what is wrong with the arguments
        print(examples(argv), end="", flush=True)
        raise
    except KeyboardInterrupt:
        return INTERRUPTED


def exit_code(kind: type[FillwrightError]) -> int:
    """What the command ends with after an error of this kind."""
    can_be_put_right = issubclass(kind, (BadRequest, CheckpointError, MissingExtra))
    return BAD_ARGUMENTS if can_be_put_right else ENGINE_FAILED


def _parser() -> argparse.ArgumentParser:
    """What has no verb: the help, the version, and the errors about it."""
    parser = Parser(
        prog="fillwright",
        description="Fills holes in code with text diffusion.",
        epilog="fillwright VERB --help shows the options of a verb.",
    )
    parser.add_argument(
        "--version", action="version", version=f"fillwright {VERSION}", help="print the version"
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for name, (help, _) in VERBS.items():
        verbs.add_parser(name, help=help, add_help=False)
    return parser


def _fill(argv: list[str]) -> int:
    from fillwright.lsp_server.cli.fill import fill_file
    from fillwright.lsp_server.cli.fill_arguments import parse_fill

    fill_file(parse_fill(argv))
    return 0


def _check(argv: list[str]) -> int:
    from fillwright.lsp_server.cli.check import main as check

    return check(argv)


def _serve(argv: list[str]) -> int:
    from fillwright.lsp_server.cli.serve import main as serve

    return serve(argv)


def _engine(argv: list[str]) -> int:
    from fillwright.lsp_server.cli.engine import main as engine

    return engine(argv)


def _memory(argv: list[str]) -> int:
    from fillwright.lsp_server.cli.memory import main as memory

    return memory(argv)


def _setup(argv: list[str]) -> int:
    from fillwright.lsp_server.cli.setup.command import main as setup

    return setup(argv)


def _doctor(argv: list[str]) -> int:
    from fillwright.lsp_server.cli.doctor.command import main as doctor

    return doctor(argv)


def _pull(argv: list[str]) -> int:
    from fillwright.engine.pull.command import main as pull

    return pull(argv)


def _quantize(argv: list[str]) -> int:
    need_torch("fillwright quantize")
    from fillwright.engine.quantize.command import main as quantize

    return quantize(argv)


def _train(argv: list[str]) -> int:
    need_torch("fillwright train")
    from fillwright.engine.training.command import main as train

    return train(argv)


def _tune(argv: list[str]) -> int:
    need_torch("fillwright tune")
    from fillwright.engine.tuning.command import main as tune
    from fillwright.lsp_server.cli.tune import project_files

    return tune(argv, project_files)


def _eval(argv: list[str]) -> int:
    if argv[:1] == ["typing"]:
        # the engine's part of the evaluation does not know the language server
        from fillwright.lsp_server.cli.typing.command import main as typing

        return typing(argv[1:])
    from fillwright.engine.evaluation.command import main as evaluate

    return evaluate(argv)


def _bench(argv: list[str]) -> int:
    if argv[:1] == ["load"]:
        from fillwright.lsp_server.cli.bench_load import main as load

        return load(argv[1:])
    need_torch("fillwright bench")
    if find_spec("triton") is None:
        raise BadRequest(
            "fillwright bench needs Triton, which is for Linux on x86-64, or comes with PyTorch's "
            "CUDA builds: install one."
        )
    from fillwright.engine.benchmark.command import main as bench

    return bench(argv)


def _completion(argv: list[str]) -> int:
    from fillwright.lsp_server.cli.completion import main as completion

    return completion(argv)


VERBS: dict[str, tuple[str, Callable[[list[str]], int]]] = {
    "fill": ("fill holes of a file", _fill),
    "check": ("look for unlikely places in files", _check),
    "serve": ("the language server, over stdin and stdout", _serve),
    "engine": ("the engine that every editor shares", _engine),
    "memory": ("what the engine remembers of your projects", _memory),
    "setup": ("set an editor up, and try a fill", _setup),
    "doctor": ("look for what keeps Fillwright from working", _doctor),
    "pull": ("download a model", _pull),
    "quantize": ("write a smaller form of a 26B checkpoint", _quantize),
    "train": ("train a model", _train),
    "tune": ("learn your own code, as an adapter of a model", _tune),
    "eval": ("score a model", _eval),
    "bench": ("measure a GPU, or with `load` a model server", _bench),
    "completion": ("completion for your shell, and the manual page", _completion),
}
