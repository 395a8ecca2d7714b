"""NEON's operations on a machine of another kind: compiled by a cross compiler, run in an emulator.

Debian has them as g++-aarch64-linux-gnu and qemu-user. An ARM machine runs test_operations.py.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from fillwright.kernels.cpu.compiling import ARM, COMMON, FLAGS, FOLDER, WARNINGS

HERE = Path(__file__).parent
COMPILER, EMULATOR = "aarch64-linux-gnu-g++", "qemu-aarch64"


@pytest.mark.slow
@pytest.mark.skipif(
    not (shutil.which(COMPILER) and shutil.which(EMULATOR)),
    reason=f"{COMPILER} and {EMULATOR} are not both installed",
)
def test_neon_agrees_with_the_reference(tmp_path: Path) -> None:
    made = []
    for name, flags in (*COMMON.items(), *ARM.items()):
        made.append(tmp_path / f"{name}.o")
        source = str(FOLDER / f"{name}.cpp")
        run([COMPILER, *FLAGS, *WARNINGS, *flags, "-c", source, "-o", str(made[-1])])
    program = str(tmp_path / "neon_operations")
    test = [str(HERE / "neon_operations.cpp"), f"-I{FOLDER}", "-std=c++17", "-O1"]
    run([COMPILER, "-static", *test, *map(str, made), "-o", program, "-lpthread"])
    assert run([EMULATOR, "-cpu", "max", program]) == "0 wrong\n"


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
