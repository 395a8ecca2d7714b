import ctypes
import sys

import pytest

from fillwright.engine.errors import MissingExtra
from fillwright.engine.extras import has_cuda_driver, has_torch, need_torch


def test_without_torch_a_sentence_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    need_torch("A test")
    monkeypatch.setitem(sys.modules, "torch", None)
    assert not has_torch()
    with pytest.raises(MissingExtra, match=r"^A test needs PyTorch.*\[gpu\].* brings it\.$"):
        need_torch("A test")


def test_a_driver_is_a_library_that_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(ctypes, "CDLL", lambda name: asked.append(name))
    assert has_cuda_driver()

    def missing(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", missing)
    assert not has_cuda_driver()
    assert asked in (["libcuda.so.1"], ["nvcuda.dll"])
