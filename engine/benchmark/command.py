"""`fillwright bench engine`: how near a denoise step is to what the memory allows.

Random weights in the real shape: nothing is downloaded. On a GPU, the logits of two layers of
DiffusionGemma are compared with the torch network's first; of a plain transformer, on any device,
one layer is timed and the whole computed from it, and of DiffusionGemma on the CPU's kernels so
many as `--layers` says. The floor is the step's bytes at the bandwidth of
a copy, measured in the same run.
"""

import argparse
from dataclasses import replace
from typing import get_args

import torch
from rich.console import Console
from rich.table import Table

from fillwright.engine.benchmark.beside_transformers import transformers_step
from fillwright.engine.benchmark.cpu_bench import CpuFormat, measure_on_cpu
from fillwright.engine.benchmark.engine_bench import Measured, measure, relative_error
from fillwright.engine.benchmark.plain_bench import measure_plain
from fillwright.engine.benchmark.plain_shapes import BLOCKS, PLAIN_SHAPES, PlainFormat
from fillwright.engine.benchmark.shapes import SHAPES, Format, float_type
from fillwright.engine.cores import own_threads
from fillwright.engine.errors import BadRequest, FillwrightError
from fillwright.engine.model.config import ModelConfig
from fillwright.engine.model.window import cache_bytes, slot_bytes

TOLERATED = 1e-2
GIGA = 1e9
FLOAT32 = 4
"""Bytes of a number of the CPU kernels' caches."""
OPEN_ROWS = 64


def main(argv: list[str]) -> int:
    """Run it; returns the exit code."""
    arguments = _parser().parse_args(argv)
    device = torch.device(arguments.device)
    if device.type == "cuda" and arguments.layers is None and not torch.cuda.is_available():
        raise BadRequest(
            "No CUDA device can be used here; --shape tiny --device cpu tries the command out "
            "where TRITON_INTERPRET=1 is set."
        )
    if arguments.shape in PLAIN_SHAPES:
        _plain(arguments, device)
        return 0
    if arguments.layers is None and arguments.format not in get_args(Format):
        raise BadRequest(f"Experts are not measured in {arguments.format}; choose bf16 or int4.")
    config = SHAPES[arguments.shape]
    if arguments.layers is not None:
        _on_cpu(arguments, config)
        return 0
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
    print(_slot_sizes(config, arguments.context, float_type(device).itemsize, found.cache_bytes))
    if found.peak_bytes is not None:
        print(f"peak memory {found.peak_bytes / GIGA:.1f} GB")
    ours = next(took for name, took, _ in found.rows if name == "step")
    for kind in arguments.beside:
        theirs = transformers_step(config, rows, arguments.context, device, kind == "compiled")
        print(f"transformers, {kind}: {theirs:.2f} ms a step, {theirs / ours:.1f} times ours")
    return 0


def _slot_sizes(config: ModelConfig, context: int, number_bytes: int, held: int) -> str:
    computed = slot_bytes(config, context, number_bytes)
    whole = slot_bytes(replace(config, sliding_window=context), context, number_bytes)
    return (
        f"keys and values {held / GIGA:.3f} GB, computed {computed / GIGA:.3f}, of all positions "
        f"{whole / GIGA:.3f}"
    )


def _on_cpu(arguments: argparse.Namespace, config: ModelConfig) -> None:
    layers = len(config.layer_kinds)
    if not 1 <= arguments.layers <= layers:
        raise BadRequest(f"{arguments.shape} has {layers} layers; choose 1 to {layers} of them.")
    if arguments.format not in get_args(CpuFormat):
        raise BadRequest("The CPU's kernels take experts in int8 or int4; choose one as --format.")
    rows = arguments.context, arguments.canvas or OPEN_ROWS
    threads = own_threads()
    found = measure_on_cpu(config, arguments.format, rows, arguments.layers, threads)
    print(
        f"{arguments.shape}, {arguments.format} experts, canvas {rows[1]}, {rows[0]} tokens before "
        f"it, {threads} threads; copies move {found.bandwidth / GIGA:.1f} GB/s"
    )
    print(
        f"{arguments.layers} layers {found.layers_s:.2f} s, {found.layer_bytes / GIGA:.2f} GB each"
    )
    print(f"logits {found.logits_s:.2f} s, {found.head_bytes / GIGA:.2f} GB")
    print(f"self-conditioning {found.conditioning_s:.2f} s")
    print(f"prefill of all {layers} layers, computed: {found.whole_prefill_s:.1f} s")
    timed = replace(config, layer_kinds=config.layer_kinds[-arguments.layers :])
    print(
        f"keys and values of {arguments.layers} layers {found.cache_bytes / GIGA:.3f} GB, computed "
        f"{cache_bytes(timed, rows[0], FLOAT32) / GIGA:.3f}; of all layers, computed: "
        f"{cache_bytes(config, rows[0], FLOAT32) / GIGA:.3f}, in bfloat16 "
        f"{cache_bytes(config, rows[0]) / GIGA:.3f}, of all positions "
        f"{cache_bytes(replace(config, sliding_window=rows[0]), rows[0]) / GIGA:.3f}"
    )
    print(
        f"step of all {layers} layers, computed: {found.step_s:.2f} s, "
        f"{found.step_s / found.floor_s:.1f} times the floor of {found.floor_s:.2f} s"
    )


def _plain(arguments: argparse.Namespace, device: torch.device) -> None:
    if arguments.format not in get_args(PlainFormat):
        raise BadRequest(f"A plain transformer has no {arguments.format}; choose bf16 or int4.")
    block = BLOCKS.get(arguments.shape)
    opened = arguments.canvas or block or OPEN_ROWS
    rows, kept = (arguments.context + opened, opened), arguments.context if block else 0
    shape = PLAIN_SHAPES[arguments.shape]
    found = measure_plain(shape, arguments.format, rows, device, kept=kept)
    print(
        f"{arguments.shape}, {arguments.format}: {rows[0]} rows, {opened} of them open, {kept} "
        f"kept; copies move {found.bandwidth / GIGA:.0f} GB/s"
    )
    print(f"layer {found.layer_ms:.1f} ms, {found.layer_bytes / 1e6:.0f} MB")
    print(f"logits {found.logits_ms:.1f} ms, {found.head_bytes / 1e6:.0f} MB")
    print(
        f"step of {found.layers} layers, computed: {found.step_ms:.0f} ms, "
        f"{found.step_ms / found.floor_ms:.1f} times the floor of {found.floor_ms:.0f} ms"
    )


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
        help="a denoise step, beside what the memory allows",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--shape", choices=(*SHAPES, *PLAIN_SHAPES), default="26b", help="(26b)")
    formats = dict.fromkeys((*get_args(Format), *get_args(PlainFormat)))
    parser.add_argument(
        "--format", choices=formats, default="bf16", help="experts, or layers (bf16)"
    )
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
    parser.add_argument(
        "--layers",
        type=int,
        help="on the CPU's kernels, with so many of the layers; the whole is computed from them",
    )
    return bench
