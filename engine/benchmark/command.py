"""`fillwright bench engine`: how near a GPU's denoise step is to what its memory allows.

Random weights in the real shape: nothing is downloaded. The logits of two layers are compared with
the torch network's first. The floor is the step's bytes at the bandwidth of a copy, measured in the
same run.
"""

import argparse
from typing import get_args

import torch
from rich.console import Console
from rich.table import Table

from fillwright.engine.benchmark.beside_transformers import transformers_step
from fillwright.engine.benchmark.engine_bench import Measured, measure, relative_error
from fillwright.engine.benchmark.shapes import SHAPES, Format
from fillwright.engine.errors import BadRequest, FillwrightError

TOLERATED = 1e-2
GIGA = 1e9


def main(argv: list[str]) -> int:
    """Run it; returns the exit code."""
    arguments = _parser().parse_args(argv)
    device = torch.device(arguments.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise BadRequest(
            "No CUDA device can be used here; --shape tiny --device cpu tries the command out "
            "where TRITON_INTERPRET=1 is set."
        )
    config = SHAPES[arguments.shape]
    error = relative_error(config, arguments.format, device)
    print(f"two layers, {arguments.format}: relative error of the logits {error:.1e}")
    if not error <= TOLERATED:
        raise FillwrightError(
            f"The kernels' logits differ by {error:.1e} from the torch network's, more than "
            f"{TOLERATED:.0e}; what is wrong is not worth timing."
        )
    rows = arguments.canvas or config.canvas_length
    found = measure(config, arguments.format, rows, arguments.context, device)
    title = (
        f"{arguments.shape}, {arguments.format} experts, canvas {rows}, {arguments.context} tokens "
        f"before it; copies move {found.bandwidth / GIGA:.0f} GB/s"
    )
    Console(width=100).print(_table(title, found))
    if found.peak_bytes is not None:
        print(f"peak memory {found.peak_bytes / GIGA:.1f} GB")
    ours = next(took for name, took, _ in found.rows if name == "step")
    for kind in arguments.beside:
        theirs = transformers_step(config, rows, arguments.context, device, kind == "compiled")
        print(f"transformers, {kind}: {theirs:.2f} ms a step, {theirs / ours:.1f} times ours")
    return 0


def _table(title: str, found: Measured) -> Table:
    table = Table("what", "ms", "GB", "GB/s", "times the floor", title=title)
    for name, took, moved in found.rows:
        if moved is None:
            table.add_row(name, f"{took:.3f}", "", "", "")
            continue
        floor = 1e3 * moved / found.bandwidth
        speed = 1e3 * moved / took / GIGA
        table.add_row(
            name, f"{took:.3f}", f"{moved / GIGA:.2f}", f"{speed:.0f}", f"{took / floor:.2f}"
        )
    return table


def _parser() -> argparse.ArgumentParser:
    bench = argparse.ArgumentParser(prog="fillwright bench", description="Measure an engine.")
    commands = bench.add_subparsers(required=True, metavar="COMMAND")
    # the language server's own: it types
    commands.add_parser("load", add_help=False, help="many simulated editors before a model server")
    parser = commands.add_parser(
        "engine",
        help="a GPU's denoise step, beside what its memory allows",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--shape", choices=SHAPES, default="26b", help="(26b)")
    parser.add_argument("--format", choices=get_args(Format), default="bf16", help="experts (bf16)")
    parser.add_argument("--canvas", type=int, help="rows (as many as the shape's canvas has)")
    parser.add_argument("--context", type=int, default=2048, help="tokens before it (2048)")
    parser.add_argument(
        "--beside",
        choices=("eager", "compiled"),
        nargs="*",
        default=[],
        help="measure transformers' step too, in bf16; both networks must fit one after the other",
    )
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help="(cuda)")
    return bench
