"""Builds the CPU kernels beside their Python; all else of the package is in pyproject.toml.

Where they cannot be compiled the package is built without them, and torch does their work. So it is
with FILLWRIGHT_WITHOUT_KERNELS set to something: one wheel for every platform.
"""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

KERNELS = Path("kernels", "cpu")


def _compiling() -> ModuleType:
    """kernels/cpu/compiling.py, which cannot be imported by name before the package is there."""
    spec = importlib.util.spec_from_file_location("compiling", KERNELS / "compiling.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


compiling = _compiling()
with_kernels = not os.environ.get("FILLWRIGHT_WITHOUT_KERNELS")


class BuildKernels(build_ext):
    def get_ext_filename(self, fullname: str) -> str:
        return str(Path(*fullname.split(".")[:-1], compiling.LIBRARY))

    def build_extension(self, ext: Extension) -> None:
        target = Path(self.get_ext_fullpath(ext.name))
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            compiling.compile_library(target, compiling.any_compiler())
        except compiling.CannotCompileError as error:
            self.warn(f"Fillwright is built without its CPU kernels. {error}")


class PlatformWheel(bdist_wheel):
    def get_tag(self) -> tuple[str, str, str]:
        """The library is not for one version of Python: no more than ctypes loads it."""
        return "py3", "none", super().get_tag()[2]


kernels = Extension(
    "fillwright.kernels.cpu.library_file",
    sources=[str(path) for path in sorted(KERNELS.glob("*.cpp"))],
    depends=[str(path) for path in sorted(KERNELS.glob("*.h"))],
    optional=True,
)
setup(
    ext_modules=[kernels] if with_kernels else [],
    cmdclass={"build_ext": BuildKernels, "bdist_wheel": PlatformWheel} if with_kernels else {},
    # a hundred megabytes, which only those without a compiler need
    setup_requires=[] if compiling.system_compiler() or not with_kernels else ["ziglang>=0.14"],
)
