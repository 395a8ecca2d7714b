"""What loading takes beside the network that it leaves behind: one matrix at a time."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.quantize.folder import quantise_folder
from fillwright.engine.quantize.layout import QuantizeSettings

# stacked experts of 64 MiB; each of its matrices is of 2 MiB
SHAPE = {"num_hidden_layers": 2, "num_experts": 32, "top_k_experts": 2, "hidden_size": 1024}
SLACK = 2**25
PROGRAM = """
import sys, torch
from pathlib import Path
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
def peak():  # of this program: getrusage's is at least that of the process that started it
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024
DiffusionGemma.from_checkpoint(sys.argv[1], dtype=torch.bfloat16)  # what only the first one takes
before = peak()
model = DiffusionGemma.from_checkpoint(sys.argv[2], dtype=torch.bfloat16)
print(peak() - before)
print(sum(each.nbytes for each in model.state_dict().values()))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's own peak")
@pytest.mark.parametrize("experts", ["int4", "fp8"])
def test_experts_are_put_together_in_their_place(
    tiny_folder: Callable[..., Path], one_expert: Any, tmp_path: Path, experts: str
) -> None:
    source = tiny_folder(**SHAPE, intermediate_size=64, moe_intermediate_size=512)
    quantise_folder(source, tmp_path, QuantizeSettings(experts), "cpu")
    mapped = sum(path.stat().st_size for path in tmp_path.glob("*.safetensors"))
    command = [sys.executable, "-P", "-c", PROGRAM, str(one_expert.folder), str(tmp_path)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    grown, held = map(int, run.stdout.split())
    assert held <= grown < held + mapped + SLACK


def test_progress_rises_to_one(one_expert: Any) -> None:
    fractions: list[float] = []
    DiffusionGemma.from_checkpoint(one_expert.folder, progress=fractions.append)
    assert fractions == sorted(fractions)
    assert len(set(fractions)) > 10
    assert fractions[-1] == 1.0
