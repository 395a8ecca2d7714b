"""The operations' tests once more in a process of their own, with a library that stops at the first
wrong address or undefined step."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fillwright.kernels.cpu.compiling import FOLDER, compile_library, system_compiler

HERE = Path(__file__).parent
CHECKED = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
TRIED = [
    str(HERE / f"test_{name}.py")
    for name in (
        "operations",
        "operations_attention",
        "operations_head",
        "operations_expected",
        "layer",
        "matrices",
    )
]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the sanitizer is preloaded as on Linux")
def test_the_operations_touch_only_what_is_theirs(tmp_path: Path) -> None:
    compiler = system_compiler()
    if compiler is None:
        pytest.skip("no C++ compiler")
    runtime = _output([*compiler.link, "-print-file-name=libasan.so"])
    if not Path(runtime).is_absolute():
        pytest.skip("the compiler comes without its sanitizers")
    library = tmp_path / "checked.so"
    compile_library(library, compiler, extra=CHECKED)
    environment = {
        **os.environ,
        "LD_PRELOAD": runtime,
        # Python itself keeps memory to its end
        "ASAN_OPTIONS": "detect_leaks=0:malloc_fill_byte=255:max_malloc_fill_size=1073741824",
        "FILLWRIGHT_CPU_LIBRARY": str(library),
    }
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *TRIED],
        cwd=HERE.parent.parent.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="as above")
def test_the_pool_has_no_races(tmp_path: Path) -> None:
    compiler = system_compiler()
    if compiler is None or not (fixed := shutil.which("setarch")):
        pytest.skip("no C++ compiler, or no setarch to fix addresses with, as the sanitizer wants")
    program = tmp_path / "pool_threads"
    sources = [str(HERE / "pool_threads.cpp"), str(FOLDER / "pool.cpp")]
    flags = ["-std=c++17", "-O1", "-g", "-fsanitize=thread", f"-I{FOLDER}", "-pthread"]
    _output([*compiler.compile, *flags, *sources, "-o", str(program)])
    done = subprocess.run([fixed, "-R", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "0 wrong\n"), done.stderr


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
