"""`fillwright bench load`: many simulated editors before one model server."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from fillwright.engine.daemon.arguments import add_remote_arguments, remote_of
from fillwright.engine.errors import BadRequest
from fillwright.engine.remote import load as remote_load
from fillwright.lsp_server.cli.arguments import sentence, whole


def main(argv: Sequence[str]) -> int:
    """Run it and print a table; gives the exit code: 3 when nothing was answered."""
    parser = argparse.ArgumentParser(prog="fillwright bench load", description=__doc__)
    parser.add_argument("--engine", required=True, metavar="URL")
    parser.add_argument("--users", type=sentence(whole("number of users", 1, 1000)), default=10)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument(
        "--typing",
        type=Path,
        default=remote_load.RECORD,
        metavar="FILE",
        help="a record of somebody typing (the one that comes with this)",
    )
    add_remote_arguments(parser)
    options = parser.parse_args(argv)
    if not 0 < options.minutes <= 600:
        raise BadRequest("--minutes must be more than 0, and 600 at most.")
    record = remote_load.Record.read(options.typing)
    settings, seconds = remote_of(options, options.engine), options.minutes * 60
    assert settings is not None
    tally = remote_load.load(settings, options.users, seconds, record)
    _show(tally, options.users, seconds)
    return 0 if tally.seconds else 3


def _show(tally: remote_load.Tally, users: int, seconds: float) -> None:
    failed = sum(tally.errors.values())
    table = Table("what", "number", title=f"{users} editors, {seconds:.0f} s")
    table.add_row("asked", str(tally.asked))
    table.add_row("answered", f"{len(tally.seconds)} ({len(tally.seconds) / seconds:.1f} a second)")
    table.add_row("of these empty", str(tally.empty))
    table.add_row(
        "given up as the typing went on", f"{tally.cancelled} ({_share(tally, tally.cancelled)})"
    )
    table.add_row("refused or failed", f"{failed} ({_share(tally, failed)})")
    for name, value in zip(("p50", "p95", "p99"), tally.percentiles, strict=True):
        table.add_row(f"to the answer, {name}", f"{value * 1000:.0f} ms")
    for said, count in sorted(tally.errors.items(), key=lambda pair: -pair[1])[:5]:
        table.add_row(said, str(count))
    Console().print(table)


def _share(tally: remote_load.Tally, part: int) -> str:
    return f"{part / max(1, tally.asked):.0%}"
