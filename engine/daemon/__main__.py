"""`python -P -m fillwright.engine.daemon`: the daemon's process, as the client starts it.

Knows the arguments, and how to leave the process that started it.
"""

import argparse
import os
import sys
from pathlib import Path

from fillwright.engine.daemon.arguments import (
    add_engine_arguments,
    add_serving_arguments,
    network_of,
    remote_of,
)
from fillwright.engine.daemon.lifecycle import READY
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.errors import FillwrightError


def main(arguments: list[str] | None = None) -> int:
    """Serve; gives the exit code. Errors that a person can correct are one sentence on stderr."""
    options = _parser().parse_args(arguments)
    if options.detach:
        _detach()
    # before numpy is imported: its own products are small, and threads of its would be in the way
    for name in ("OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
        os.environ.setdefault(name, "1")
    # imported here: only the detached process needs it, and forking must not copy threads
    from fillwright.engine.daemon.server import EngineRunsAlready, run

    settings = EngineSettings(
        checkpoint=options.model,
        device=options.device,
        runtime_dir=options.runtime_dir,
        idle_seconds=options.idle_seconds,
        remote=remote_of(options, options.engine),
    )
    try:
        run(settings, network_of(options), _say_ready if options.detach else lambda: None)
    except EngineRunsAlready as error:
        if options.detach:
            _say_ready()
            return 0
        print(error, file=sys.stderr)
        return 3
    except FillwrightError as error:
        # a detached process says it to the client that waits at the other end of the pipe
        print(error, file=sys.stdout if options.detach else sys.stderr, flush=True)
        return 3
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m fillwright.engine.daemon")
    add_engine_arguments(parser)
    add_serving_arguments(parser)
    parser.add_argument("--runtime-dir", type=Path, metavar="FOLDER", help="not this user's own")
    parser.add_argument("--detach", action="store_true", help="leave the process that started it")
    return parser


def _detach() -> None:
    """Become a child of nobody: editors that end kill the processes below their own."""
    if hasattr(os, "fork") and os.fork() > 0:
        os._exit(0)


def _say_ready() -> None:
    """Tell the client that it can connect, and let go of its pipe."""
    sys.stdout.write(READY.decode())
    sys.stdout.flush()
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # the owner thread may be deep in torch, which does not survive the interpreter's end
    os._exit(code)
