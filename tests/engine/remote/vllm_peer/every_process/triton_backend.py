"""A CPU for Triton, which has none: vLLM denoises in a model runner that wants one.

It compiles nothing: with TRITON_INTERPRET=1 kernels run in Triton's interpreter.
"""

from typing import Any

import torch
from triton.backends import Backend, backends
from triton.backends.compiler import BaseBackend, GPUTarget
from triton.backends.driver import DriverBase


class NothingCompiled(BaseBackend):
    """Is there to be found, and is never to be used."""

    @staticmethod
    def supports_target(target: GPUTarget) -> bool:
        return target.backend == "cpu"

    def hash(self) -> str:
        return "interpreted"

    def parse_options(self, options: dict[str, Any]) -> object:
        raise RuntimeError("Nothing is compiled here; set TRITON_INTERPRET=1.")

    def add_stages(self, stages: dict[str, Any], options: object, language: object) -> None:
        raise RuntimeError("Nothing is compiled here; set TRITON_INTERPRET=1.")

    def load_dialects(self, context: object) -> None:
        pass

    def get_module_map(self) -> dict[str, Any]:
        return {}


class Interpreter(DriverBase):
    """The processor as a device that kernels may run on."""

    @classmethod
    def is_active(cls) -> bool:
        return True

    def map_python_to_cpp_type(self, ty: str) -> str:
        return ty

    def get_current_target(self) -> GPUTarget:
        return GPUTarget("cpu", 0, 0)

    def get_active_torch_device(self) -> torch.device:
        return torch.device("cpu")

    def get_benchmarker(self) -> Any:
        raise RuntimeError("Nothing is measured in the interpreter.")

    def get_current_device(self) -> int:
        return 0

    def get_current_stream(self, device: int | None = None) -> int:
        return 0

    def get_device_interface(self) -> Any:
        return torch.cpu


def register() -> None:
    """Put it among Triton's own."""
    backends["cpu"] = Backend(NothingCompiled, Interpreter)
