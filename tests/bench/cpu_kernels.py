"""The CPU's int8 kernels side by side with torch's bfloat16 or float32, in a table.

`OMP_NUM_THREADS=1 python -P tests/bench/cpu_kernels.py`. The embedded checkpoint, one thread, and
processor time, so that other work on the machine counts little; all take turns, so that they meet
the same machine. Not a test.
"""

import random
import textwrap
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from statistics import median

import torch
from rich.console import Console
from rich.table import Table

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.loading import load_infiller
from fillwright.engine.infill.loading_torch import cpu_dtype
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.model.cpu_model import CpuDiffusionGemma
from fillwright.engine.model.cpu_weights import read_network
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.request import Budget, Hole, InfillRequest
from fillwright.kernels.cpu.library import InstructionSet, NoKernelsError
from fillwright.kernels.cpu.operations import CpuKernels
from fillwright.kernels.token_statistics import token_statistics

ROUNDS = 15
CACHED = 400
LINE = "        text = self._munge_whitespace(text)"
BEFORE = Path(textwrap.__file__).read_text(encoding="utf-8").split("    # -- Public", 1)[0]
AFTER = "\n\n    def fill(self, text):\n" + BEFORE[-3000:]

Work = Callable[[], object]
Network = DiffusionGemma | CpuDiffusionGemma


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    infiller = load_infiller(embedded_checkpoint(), "cpu")
    models = _models(cpu_dtype())
    title = f"Core-milliseconds, median of {ROUNDS}, and torch's divided by them"
    table = Table("what", *models, title=title)
    cases: dict[str, Mapping[str, Work]] = {
        f"pass of {rows} row{'s' * (rows > 1)}, {CACHED} cached": {
            name: _branches(model, rows) for name, model in models.items()
        }
        for rows in (1, 8)
    }
    cases[f"prefill of {CACHED}"] = {name: _prefill(model) for name, model in models.items()}
    cases["step of 64 rows, self-conditioned, with its statistics"] = {
        name: _step(model) for name, model in models.items()
    }
    for what, works in cases.items():
        table.add_row(what, *_cells(_turns(works, ROUNDS)))
    fillers = {name: replace(infiller, model=model) for name, model in models.items()}
    table.add_row("rest of a line, warm, typed on", *_cells(_lines(fillers)))
    Console().print(table)


def _models(dtype: torch.dtype) -> dict[str, Network]:
    """Torch first, then every instruction set that this processor has but the reference."""
    folder = embedded_checkpoint()
    plain = DiffusionGemma.from_checkpoint(folder, "cpu", dtype)
    plain.pack_matrices()
    models: dict[str, Network] = {f"torch, {str(dtype).removeprefix('torch.')}": plain}
    for instruction_set in InstructionSet:
        with suppress(NoKernelsError):
            network = read_network(folder, CpuKernels(1, instruction_set))
            models[instruction_set.name] = CpuDiffusionGemma(network)
    models.pop(InstructionSet.FLOAT32.name, None)
    return models


def _ids(count: int, start: int = 0) -> list[int]:
    """Tokens of textwrap: how many a canvas thinks possible decides what its next step costs."""
    tokenizer = CodeTokenizer.from_checkpoint(embedded_checkpoint())
    return tokenizer.encode(BEFORE)[start : start + count]


def _half_denoised(count: int) -> list[int]:
    """What comes after the cached tokens, every other one noise."""
    random_ids = random.Random(1)
    found = _ids(count, CACHED)
    found[::2] = (random_ids.randrange(10, 16000) for _ in found[::2])
    return found


def _branches(model: Network, rows: int) -> Work:
    branches = model.branch(model.prefill(model.ids(_ids(CACHED))))
    branches.read([7])

    def work() -> object:
        branches.keep([0] * rows)
        return branches.read(list(range(7, 7 + rows)))

    return work


def _prefill(model: Network) -> Work:
    ids = model.ids(_ids(CACHED))
    return lambda: model.prefill(ids)


def _step(model: Network) -> Work:
    """With what the sampler needs to know of the logits."""
    cache, canvas = model.prefill(model.ids(_ids(CACHED))), model.ids([_half_denoised(64)])
    signal = token_statistics(model.denoise_logits(canvas, cache), 0.6).tempered
    return lambda: token_statistics(model.denoise_logits(canvas, cache, signal), 0.6)


def _lines(fillers: Mapping[str, Infiller]) -> dict[str, list[float]]:
    """One time for each beginning of the line."""
    times: dict[str, list[float]] = {name: [] for name in fillers}
    for typed in range(12, len(LINE), 2):
        text, at = BEFORE + LINE[:typed] + AFTER, len(BEFORE) + typed
        request = InfillRequest(
            text, (Hole(at, at),), "python", shape="line", budget=Budget(tokens=32)
        )

        def fill(infiller: Infiller, request: InfillRequest = request) -> list[object]:
            return list(infiller.infill(request, lambda: False))

        for name, found in _turns(
            {name: lambda each=each: fill(each) for name, each in fillers.items()},  # type: ignore[misc]
            1,
        ).items():
            times[name] += found
    # the first reads all that is before the line
    return {name: found[1:] for name, found in times.items()}


def _turns(works: Mapping[str, Work], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each, in turns; the first round of several warms up."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds + (rounds > 1)):
        for name, work in works.items():
            began = time.process_time()
            work()
            times[name].append(1e3 * (time.process_time() - began))
    return {name: found[rounds > 1 :] for name, found in times.items()}


def _cells(times: Mapping[str, list[float]]) -> list[str]:
    middles = [median(found) for found in times.values()]
    return [
        f"{middles[0]:.1f}",
        *(f"{each:.1f} ({middles[0] / each:.1f}x)" for each in middles[1:]),
    ]


if __name__ == "__main__":
    main()
