"""The recording of `make demo` is of the command that the Makefile runs."""

import runpy
import shlex
from pathlib import Path

from fillwright.lsp_server.cli.fill_arguments import parse_fill

ROOT = Path(__file__).parents[2]


def test_it_is_a_command_that_fills_the_demo() -> None:
    recorder = runpy.run_path(str(ROOT / "docs/record_demo.py"))
    command = recorder["demo_command"]((ROOT / "Makefile").read_text(encoding="utf-8"))
    options = parse_fill(shlex.split(command)[2:])
    assert options.file == Path("fixtures/demo/shelf.py")
    assert options.watch
    assert not options.write
