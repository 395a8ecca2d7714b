"""Memory that the library reads and writes: arrays that are checked, and new ones."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

LINE = 64
"""Bytes of a processor's cache line."""


def checked(array: NDArray[Any], *shape: int, dtype: type[np.generic] = np.float32) -> int:
    """Its address. Raises ValueError unless it is contiguous and `dtype` [*shape]."""
    if array.shape != shape or array.dtype != dtype or not array.flags.c_contiguous:
        raise ValueError(
            f"a contiguous {dtype.__name__} {list(shape)} is wanted, not "
            f"{array.dtype} {list(array.shape)}"
        )
    return address(array)


def address(array: NDArray[Any]) -> int:
    return array.ctypes.data


def empty(*shape: int, dtype: type[np.generic] = np.float32) -> NDArray[Any]:
    """An array that begins with a cache line, so that no vector of it lies in two."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    held = np.empty(size + LINE, dtype=np.uint8)
    start = -address(held) % LINE
    return held[start : start + size].view(dtype).reshape(shape)


def zeros(*shape: int, dtype: type[np.generic] = np.float32) -> NDArray[Any]:
    """The same, filled."""
    made = empty(*shape, dtype=dtype)
    made.fill(0)
    return made
