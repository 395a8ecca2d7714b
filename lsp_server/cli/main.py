"""The `fillwright` command: its arguments, and which module each verb calls.

Loads nothing but the standard library until the verb is known, so that `serve` starts at once and
stays small.
"""

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar, get_args

from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.errors import BadRequest, FillwrightError
from fillwright.engine.request import Decode
from fillwright.engine.syntax.pieces import KINDS
from fillwright.lsp_server.cli.examples import examples
from fillwright.lsp_server.cli.locations import parse_at, parse_body, parse_piece, parse_range

if TYPE_CHECKING:
    from fillwright.lsp_server.cli.fill import FillOptions

BAD_ARGUMENTS, ENGINE_FAILED, INTERRUPTED = 2, 3, 130
EDITOR_NAMES = ("neovim", "vscode", "helix", "emacs", "zed")
Value = TypeVar("Value")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; gives the exit code.

    0 done, 2 arguments or a file that the caller can mend, 3 the engine failed; both say so in one
    sentence on stderr. Anything else that goes wrong is a bug and keeps its traceback.
    """
    argv = sys.argv[1:] if argv is None else list(argv)
    for stream in (sys.stdout, sys.stderr):
        # a fill may hold characters that this terminal's encoding does not have
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        own = _OWN_OPTIONS.get(argv[0]) if argv else None
        code = own(argv[1:]) if own else _run(argv)
        sys.stdout.flush()
        return code
    except BadRequest as error:
        return _fail(error, BAD_ARGUMENTS)
    except FillwrightError as error:
        return _fail(error, ENGINE_FAILED)
    except SystemExit:
        # argparse has printed the help, or what is wrong with the arguments
        print(examples(argv), end="")
        raise
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read the output is gone; keep the interpreter's own last flush quiet too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def parse_fill(argv: Sequence[str]) -> "FillOptions":
    """The options of a `fillwright fill` command line, without its first two words."""
    return _fill_options(_parser().parse_args(["fill", *argv]))


def _run(argv: list[str]) -> int:
    arguments = _parser().parse_args(argv)
    verb: Callable[[argparse.Namespace], int] = arguments.verb
    return verb(arguments)


def _fail(error: FillwrightError, code: int) -> int:
    print(f"fillwright: {error}", file=sys.stderr)
    return code


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(BAD_ARGUMENTS, f"{self.prog}: {message}; see {self.prog} --help\n")


class _Version(argparse.Action):
    """Looks the version up when it is asked for: that takes longer than all other arguments."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        print(f"fillwright {version('fillwright')}")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="fillwright", description="Fills holes in code with text diffusion.")
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    verbs = parser.add_subparsers(metavar="VERB", required=True)

    fill = verbs.add_parser("fill", help="fill holes of a file")
    _add_fill_arguments(fill)
    _add_engine_arguments(fill)
    fill.set_defaults(verb=_fill)

    serve = verbs.add_parser("serve", help="the language server, over stdin and stdout")
    # what libraries add by themselves to the command of any language server
    serve.add_argument("--stdio", action="store_true", help="which is the only way there is")
    serve.add_argument(
        "--clientProcessId",
        type=_sentence(_whole("process id", 1, 2**31 - 1)),
        dest="client_process_id",
        metavar="N",
        help="the editor's process: leave when it is gone",
    )
    serve.set_defaults(verb=_serve)

    engine = verbs.add_parser("engine", help="the engine that every editor shares")
    actions = engine.add_subparsers(metavar="run|start|stop|status", required=True)
    run = actions.add_parser("run", help="be the engine, until interrupted")
    _add_engine_arguments(run)
    network = run.add_argument_group("serving other machines as well")
    network.add_argument("--host", metavar="ADDRESS", help="listen on TCP; needs a token")
    network.add_argument("--port", type=int, default=8411, metavar="N", help="(8411)")
    network.add_argument(
        "--token-file", type=Path, metavar="FILE", help="the callers' bearer token"
    )
    run.set_defaults(verb=_engine_run)
    for name, help in {
        "start": "start the engine when there is none",
        "stop": "stop every engine, or the one that is named",
        "status": "say how the engine is",
    }.items():
        action = actions.add_parser(name, help=help)
        _add_engine_arguments(action)
        action.set_defaults(verb=_engine, action=name)

    setup = verbs.add_parser("setup", help="set an editor up, and try a fill")
    setup.add_argument(
        "editor",
        nargs="?",
        choices=EDITOR_NAMES,
        metavar="|".join(EDITOR_NAMES),
        help="without it the editors that are here are looked for",
    )
    setup.add_argument("--yes", action="store_true", help="do it; without, it is only shown")
    _add_engine_arguments(setup)
    setup.set_defaults(verb=_setup)

    doctor = verbs.add_parser("doctor", help="look for what keeps Fillwright from working")
    _add_engine_arguments(doctor)
    doctor.add_argument("--json", action="store_true", help="print one JSON object")
    doctor.set_defaults(verb=_doctor)

    verbs.add_parser("train", add_help=False, help="train a model; see fillwright train --help")
    verbs.add_parser("pull", add_help=False, help="download a model; see fillwright pull --help")
    verbs.add_parser("quantize", add_help=False, help="write a smaller form of a 26B checkpoint")
    verbs.add_parser("bench", add_help=False, help="measure the engine on a GPU")
    verbs.add_parser("eval", add_help=False, help="score a model; see fillwright eval --help")
    return parser


def _add_fill_arguments(fill: argparse.ArgumentParser) -> None:
    fill.add_argument("file", type=Path, metavar="FILE")
    places = fill.add_argument_group(
        "the holes", "one or several, filled jointly; lines and columns count from 1"
    )
    for option, metavar, parse, help in (
        ("--at", "LINE:COL", parse_at, "from here to the end of the line"),
        ("--body", "LINE", parse_body, "the body of the function around this line"),
        ("--range", "L1:C1-L2:C2", parse_range, "from the first position up to the second"),
        ("--piece", "KIND@LINE:COL", parse_piece, f"a piece around here: {', '.join(KINDS)}"),
    ):
        places.add_argument(
            option,
            type=_sentence(parse),
            metavar=metavar,
            action="append",
            dest="places",
            help=help,
        )
    fill.add_argument("--write", action="store_true", help="change FILE; print no diff")
    fill.add_argument("--json", action="store_true", help="print one JSON object, not a diff")
    fill.add_argument("--watch", action="store_true", help="show the drafts as they denoise")
    fill.add_argument("--instruction", metavar="TEXT", help="what the fill should do")
    fill.add_argument(
        "--seed",
        type=_sentence(_whole("seed", 0, 2**63 - 1)),
        default=0,
        metavar="N",
        help="another seed, another fill",
    )
    fill.add_argument(
        "--steps",
        type=_sentence(_whole("number of steps", 1, 10_000)),
        metavar="N",
        help="steps per canvas at most",
    )
    fill.add_argument(
        "--decode",
        choices=get_args(Decode),
        default="auto",
        help="denoise from noise, write a causal draft, or denoise from that draft; "
        "auto is what the checkpoint is best at",
    )


def _add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    engine = parser.add_argument_group("the engine")
    engine.add_argument(
        "--model", type=Path, metavar="FOLDER", help="a checkpoint, not the embedded one"
    )
    engine.add_argument(
        "--device", type=_sentence(_device), default="auto", help="auto, cpu or cuda"
    )


def _sentence(parse: Callable[[str], Value]) -> Callable[[str], Value]:
    """`parse`, whose ValueError argparse shows as it is."""

    def parse_argument(text: str) -> Value:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse_argument


def _whole(what: str, least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        # twenty digits keep int() away from its own length limit
        if not re.fullmatch("[0-9]{1,20}", text) or not least <= int(text) <= most:
            raise ValueError(f"{text!r} is not a {what} from {least} to {most}")
        return int(text)

    return parse


def _device(text: str) -> str:
    if not re.fullmatch(r"auto|cpu|cuda(:[0-9]{1,3})?", text):
        raise ValueError(f"{text!r} is no device; choose auto, cpu or cuda")
    return text


def _settings(arguments: argparse.Namespace) -> EngineSettings:
    return EngineSettings(checkpoint=arguments.model, device=arguments.device)


def _startable(arguments: argparse.Namespace) -> EngineSettings:
    """The settings of an engine that may have to be started: its model is looked for first."""
    model: Path | None = arguments.model
    if model is not None and not (model / "config.json").is_file():
        raise BadRequest(
            f"There is no checkpoint in {model}; give --model a folder with a config.json."
        )
    return _settings(arguments)


def _fill(arguments: argparse.Namespace) -> int:
    from fillwright.lsp_server.cli.fill import fill_file

    fill_file(_fill_options(arguments))
    return 0


def _fill_options(arguments: argparse.Namespace) -> "FillOptions":
    from fillwright.lsp_server.cli.fill import FillOptions

    if not arguments.places:
        raise BadRequest("say which hole to fill with --at, --body, --range or --piece.")
    return FillOptions(
        file=arguments.file,
        places=tuple(arguments.places),
        engine=_startable(arguments),
        write=arguments.write,
        json=arguments.json,
        watch=arguments.watch,
        instruction=arguments.instruction,
        seed=arguments.seed,
        steps=arguments.steps,
        decode=arguments.decode,
    )


def _serve(arguments: argparse.Namespace) -> int:
    from fillwright.lsp_server.lsp.server import serve

    serve(arguments.client_process_id)
    return 0


def _engine_run(arguments: argparse.Namespace) -> int:
    from fillwright.engine.daemon.access import Network, read_token
    from fillwright.engine.daemon.server import run

    network = None
    if arguments.host is not None:
        network = Network(arguments.host, arguments.port, read_token(arguments.token_file))
    run(_startable(arguments), network)
    return 0


def _engine(arguments: argparse.Namespace) -> int:
    from fillwright.lsp_server.cli.engine import engine_command, stop_every_engine

    asked = arguments.model is not None or arguments.device != "auto"
    if arguments.action == "stop" and not asked:
        return stop_every_engine()
    settings = _startable if arguments.action == "start" else _settings
    return engine_command(arguments.action, settings(arguments))


def _setup(arguments: argparse.Namespace) -> int:
    from fillwright.lsp_server.cli.setup.command import setup, show_editors

    if arguments.editor is None:
        if arguments.yes:
            raise BadRequest("say which editor to set up: " + ", ".join(EDITOR_NAMES) + ".")
        show_editors()
        return 0
    is_set_up = setup(arguments.editor, _startable(arguments), yes=arguments.yes)
    return 0 if is_set_up else BAD_ARGUMENTS


def _doctor(arguments: argparse.Namespace) -> int:
    from fillwright.lsp_server.cli.doctor.command import doctor

    return 0 if doctor(_settings(arguments), as_json=arguments.json) else ENGINE_FAILED


def _train(argv: list[str]) -> int:
    from fillwright.engine.training.command import main as train

    return train(argv)


def _eval(argv: list[str]) -> int:
    if argv[:1] == ["typing"]:
        # the engine's part of the evaluation does not know the language server
        from fillwright.lsp_server.cli.typing.command import main as typing

        return typing(argv[1:])
    from fillwright.engine.evaluation.command import main as evaluate

    return evaluate(argv)


def _pull(argv: list[str]) -> int:
    from fillwright.engine.pull.command import main as pull

    return pull(argv)


def _quantize(argv: list[str]) -> int:
    from fillwright.engine.quantize.command import main as quantize

    return quantize(argv)


def _bench(argv: list[str]) -> int:
    if find_spec("triton") is None:
        raise BadRequest(
            "fillwright bench needs Triton, which comes with PyTorch's CUDA builds: install one."
        )
    from fillwright.engine.benchmark.command import main as bench

    return bench(argv)


# verbs that read their options themselves
_OWN_OPTIONS: dict[str, Callable[[list[str]], int]] = {
    "train": _train,
    "eval": _eval,
    "pull": _pull,
    "quantize": _quantize,
    "bench": _bench,
}
