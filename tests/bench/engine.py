"""The engine side by side with transformers' `generate`, in a table.

`python -P tests/bench/engine.py`. Same embedded checkpoint, prompt, canvas length and number of
steps, neither may stop early; requests take turns, so that both meet the same machine. What the
canvases say is not compared: the checkpoint's rows are shifted, which transformers does not know.
Not a test.
"""

import logging
import textwrap
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.loading import load_infiller
from fillwright.engine.infill.loading_torch import cpu_dtype
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.request import Budget, Decode, Hole, Infill, InfillRequest
from fillwright.engine.training.export import re_export

STEPS = 8
ROUNDS = 9
TYPED = "title = fi"
LINE = "        text = self._munge_whitespace(text)"
LINE_TOKENS = 32
BEFORE = Path(textwrap.__file__).read_text(encoding="utf-8").split("    # -- Public", 1)[0]
AFTER = "\n\n    def fill(self, text):\n" + BEFORE[-3000:]

Request = Callable[[str], None]


def main() -> None:
    """Measure and print."""
    threads = min(2, torch.get_num_threads())
    torch.set_num_threads(threads)
    infiller = _never_done(load_infiller(embedded_checkpoint(), "cpu", threads=threads))
    float32 = replace(infiller, model=DiffusionGemma.from_checkpoint(embedded_checkpoint()))
    prompt = infiller.prompt.ids(BEFORE, AFTER, "python")
    title = (
        f"One canvas of {infiller.model.config.canvas_length} in {STEPS} steps after a prompt of "
        f"{len(prompt)} tokens; threads: {torch.get_num_threads()}, median of {ROUNDS}"
    )
    table = Table("what", "transformers", "fillwright", "ratio", "goal", title=title)
    _compare(table, "float32, ours in torch", float32, _generate(float32, torch.float32))
    name = str(cpu_dtype()).removeprefix("torch.")
    _compare(table, f"{name}, ours the kernels", infiller, _generate(infiller, cpu_dtype()))
    Console().print(table)
    Console().print(_passes(infiller))


def _compare(table: Table, name: str, infiller: Infiller, theirs: Request) -> None:
    """Rows for a cold request, and for the next one after ten typed characters."""
    times: dict[str, list[float]] = {"cold": [], "warm": [], "their cold": [], "their warm": []}
    for _ in range(ROUNDS + 1):
        fresh = _forgetful(infiller)
        for label, typed in (("cold", ""), ("warm", TYPED)):
            times[label].append(_seconds(lambda: _fill(fresh, typed)))  # noqa: B023
            times[f"their {label}"].append(_seconds(lambda: theirs(typed)))  # noqa: B023
    cold, warm, their_cold, their_warm = (median(found[1:]) for found in times.values())
    for what, a, b, goal in (
        ("cold request", their_cold, cold, "1.5x"),
        ("after ten typed characters", their_warm, warm, "4x"),
    ):
        table.add_row(f"{what}, {name}", _ms(a), _ms(b), f"{a / b:.1f}x", goal)


def _fill(infiller: Infiller, typed: str, decode: Decode = "denoise", tokens: int = 30) -> Infill:
    at = len(BEFORE) + len(typed)
    request = InfillRequest(
        BEFORE + typed + AFTER,
        (Hole(at, at),),
        "python",
        budget=Budget(tokens, STEPS),
        decode=decode,
        length="end-mark",
    )
    return _last(infiller, request)


def _line(infiller: Infiller, typed: str) -> Infill:
    """The rest of a line, as an editor asks for it."""
    at = len(BEFORE) + len(typed)
    hole = Hole(at, at)
    return _last(
        infiller,
        InfillRequest(
            BEFORE + typed + AFTER, (hole,), "python", shape="line", budget=Budget(LINE_TOKENS)
        ),
    )


def _last(infiller: Infiller, request: InfillRequest) -> Infill:
    *_, fill = infiller.infill(request, lambda: False)
    assert isinstance(fill, Infill)
    return fill


def _generate(infiller: Infiller, dtype: torch.dtype) -> Request:
    """A whole request with transformers: tokens, prefill and steps, each time from scratch."""
    from transformers import DiffusionGemmaForBlockDiffusion
    from transformers.models.diffusion_gemma.generation_diffusion_gemma import (
        DiffusionGemmaGenerationConfig,
        EntropyBoundSamplerConfig,
    )

    logging.getLogger("transformers").setLevel(logging.ERROR)
    with TemporaryDirectory() as folder:
        # transformers cannot read int8 experts
        re_export(embedded_checkpoint(), Path(folder), "bf16")
        network = DiffusionGemmaForBlockDiffusion.from_pretrained(folder, dtype=dtype)
    settings: Any = DiffusionGemmaGenerationConfig(
        max_new_tokens=infiller.model.config.canvas_length,
        max_denoising_steps=STEPS,
        sampler_config=EntropyBoundSamplerConfig(entropy_bound=infiller.settings.entropy_bound),
        t_min=infiller.settings.t_min,
        t_max=infiller.settings.t_max,
        stability_threshold=STEPS,
        pad_token_id=0,
    )

    def request(typed: str) -> None:
        ids = torch.tensor([infiller.prompt.ids(BEFORE + typed, AFTER, "python")])
        network.generate(ids, generation_config=settings)

    return request


def _passes(infiller: Infiller) -> Table:
    """What the parts of a request take."""
    table = Table("part of a request", "milliseconds, median", title="Fillwright alone")
    fills = [_fill(_forgetful(infiller), "") for _ in range(ROUNDS)]
    table.add_row("prefill, cold", _spread([fill.timings_ms["prefill"] for fill in fills]))
    steps = [fill.timings_ms["denoise"] / fill.steps for fill in fills]
    table.add_row("one denoise step", _spread(steps))
    drafts = [_fill(infiller, TYPED, "draft") for _ in range(ROUNDS)]
    tokens = [fill.timings_ms["draft"] / fill.steps for fill in drafts]
    table.add_row("one token of a causal draft", _spread(tokens))
    lines = [_line(infiller, LINE[:typed]) for typed in range(12, len(LINE), 2)]
    table.add_row("a line, warm, typed on", _spread([fill.timings_ms["total"] for fill in lines]))
    return table


def _never_done(infiller: Infiller) -> Infiller:
    return replace(infiller, settings=replace(infiller.settings, stability_threshold=STEPS))


def _forgetful(infiller: Infiller) -> Infiller:
    """With empty caches."""
    return replace(infiller)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:.0f} ms"


def _spread(milliseconds: list[float]) -> str:
    return f"{median(milliseconds):.1f}"


if __name__ == "__main__":
    main()
