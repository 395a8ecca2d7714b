"""`fillwright quantize SRC DST`: a smaller form of a checkpoint.

Reads a folder in bfloat16 and writes compressed-tensors' layout. Interrupted, the same command goes
on where it stopped.
"""

import argparse
from pathlib import Path
from typing import get_args

import torch
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from fillwright.engine.errors import BadRequest
from fillwright.engine.quantize.folder import quantise_folder, source_shards
from fillwright.engine.quantize.layout import Experts, QuantizeSettings, Rest

GIGABYTE = 1e9


def main(argv: list[str]) -> int:
    """Run it; returns the exit code."""
    arguments = _parser().parse_args(argv)
    settings = QuantizeSettings(arguments.experts, arguments.rest, arguments.group)
    if arguments.device == "cuda" and not torch.cuda.is_available():
        raise BadRequest("This torch sees no CUDA device; use --device cpu.")
    total = sum(shard.stat().st_size for shard in source_shards(arguments.source))
    with _progress() as progress:
        bar = progress.add_task(arguments.source.name, total=total)
        done = quantise_folder(
            arguments.source,
            arguments.target,
            settings,
            arguments.device,
            lambda count: progress.advance(bar, count),
        )
    print(f"{done.bytes_before / GIGABYTE:.2f} GB -> {done.bytes_after / GIGABYTE:.2f} GB")
    for kind, error in done.error.items():
        print(f"{kind}: relative RMS error of the weights {error:.4f}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fillwright quantize",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", type=Path, metavar="SRC", help="the folder in bfloat16")
    parser.add_argument("target", type=Path, metavar="DST", help="the folder to write")
    parser.add_argument(
        "--experts",
        choices=get_args(Experts),
        required=True,
        help="experts; of a model without any, all matrices of its layers",
    )
    parser.add_argument(
        "--rest", choices=get_args(Rest), default="bf16", help="attention and dense MLP (bf16)"
    )
    parser.add_argument(
        "--group",
        type=int,
        choices=(32, 64, 128),
        default=32,
        help="columns of an int4 matrix that share a scale (32)",
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="(cpu)")
    return parser


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
