"""Python imports this first, in every process that has its folder in PYTHONPATH: vLLM starts some
that know of nothing but that. What such a process lacks on a CPU is put there before it is needed.
"""

import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


def _declare() -> None:
    from torchvision_operators import declare

    declare()


def _register() -> None:
    from triton_backend import register

    register()


class Preparation(MetaPathFinder):
    """Does a step just before a package is imported, which others then find."""

    def __init__(self, steps: dict[str, Callable[[], None]]) -> None:
        self._steps = steps

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        step = self._steps.pop(name, None)
        if step is not None:
            step()
        return None


sys.meta_path.insert(0, Preparation({"torchvision": _declare, "vllm": _register}))
