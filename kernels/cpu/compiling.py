"""Compiles the library of this folder: with the package ziglang where it is installed, else with
the system's C++ compiler.

Run by setup.py and `make`, before anything else of Fillwright is there, and by the tests. Imports
nothing but the standard library. `python -P kernels/cpu/compiling.py` builds it where it is loaded.
"""

import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).parent
LIBRARY = {"win32": "fillwright_cpu.dll", "darwin": "libfillwright_cpu.dylib"}.get(
    sys.platform, "libfillwright_cpu.so"
)
FLAGS = ("-std=c++17", "-O3", "-fPIC", "-fno-exceptions", "-fno-rtti", "-fvisibility=hidden")
WARNINGS = ("-Wall", "-Wextra", "-Werror", "-Wno-psabi")
AVX2 = ("-mavx2", "-mfma")
AVX512 = (*AVX2, *(f"-mavx512{part}" for part in ("f", "bw", "vl", "dq", "vnni")))
Sources = dict[str, tuple[str, ...]]
COMMON: Sources = dict.fromkeys(("library", "layer", "experts", "pool", "processor", "float32"), ())
X86: Sources = {
    "amx": (*AVX512, "-mprefer-vector-width=512", "-mamx-tile", "-mamx-int8"),
    "avx512": (*AVX512, "-mprefer-vector-width=512"),
    "avx_vnni": (*AVX2, "-mavxvnni"),
    "avx2": AVX2,
}
DOT_PRODUCTS = "-march=armv8.2-a+dotprod"
ARM: Sources = {"neon": (DOT_PRODUCTS,)}
SOURCES = {"x86_64": X86, "amd64": X86, "aarch64": ARM, "arm64": ARM}


class CannotCompileError(Exception):
    """One sentence that says why there is no library."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """Commands; the linker is C's, for nothing of C++'s own library is needed, which ziglang would
    first have to compile."""

    compile: tuple[str, ...]
    link: tuple[str, ...]
    dot_products: str = DOT_PRODUCTS


def system_compiler() -> Compiler | None:
    for cpp, c in (("c++", "cc"), ("g++", "gcc"), ("clang++", "clang")):
        if shutil.which(cpp) and shutil.which(c):
            return Compiler((cpp,), (c,))
    return None


def zig_compiler(target: str) -> Compiler:
    """For a target as zig names it. Never for this very processor, which is its default: the files
    that every processor runs must not hold this one's instructions."""
    zig = (sys.executable, "-m", "ziglang")
    return Compiler(
        (*zig, "c++", "-target", target),
        (*zig, "cc", "-target", target),
        # its names of processors have no dots or dashes
        dot_products="-mcpu=generic+dotprod",
    )


def zig_target() -> str:
    """This machine; with the oldest C library that the kernels run on, glibc's of 2012, and with
    the first macOS for ARM."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    if sys.platform == "linux":
        return f"{machine}-linux-{'gnu.2.17' if platform.libc_ver()[0] == 'glibc' else 'musl'}"
    return f"{machine}-{'windows-gnu' if sys.platform == 'win32' else 'macos.11.0'}"


def any_compiler() -> Compiler:
    """Raises CannotCompileError where there is none."""
    if find_spec("ziglang"):
        return zig_compiler(zig_target())
    if found := system_compiler():
        return found
    raise CannotCompileError("There is no C++ compiler; install g++, clang or the package ziglang.")


def compile_library(
    target: Path, compiler: Compiler, machine: str | None = None, extra: Sequence[str] = ()
) -> None:
    """Write the library to `target`, for this machine or another that the compiler was told of in
    `extra` flags. Raises CannotCompileError with what the compiler said."""
    machine = (machine or platform.machine()).lower()
    if machine not in SOURCES:
        raise CannotCompileError(f"There are no kernels for a processor of the kind {machine}.")
    sources = {**COMMON, **SOURCES[machine]}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor() as threads:

        def compiled(name: str) -> str:
            made = str(Path(folder, f"{name}.o"))
            own = (
                compiler.dot_products if flag == DOT_PRODUCTS else flag for flag in sources[name]
            )
            flags = (*FLAGS, *WARNINGS, *own, *extra)
            _run([*compiler.compile, *flags, "-c", str(FOLDER / f"{name}.cpp"), "-o", made])
            return made

        made = list(threads.map(compiled, sources))
        _run([*compiler.link, *extra, "-shared", "-s", *made, "-o", str(target), *_libraries()])


def _libraries() -> list[str]:
    return [] if sys.platform == "win32" else ["-lm", "-lpthread"]


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotCompileError(f"{shlex.join(command)} failed:\n{done.stderr}")


def main() -> None:
    """Build it here, for this machine."""
    try:
        compile_library(FOLDER / LIBRARY, any_compiler())
    except CannotCompileError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
