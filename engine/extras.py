"""What only the package's extras bring, and the sentence for those who lack it. Imports none."""

import sys
from importlib.util import find_spec

from fillwright.engine.errors import MissingExtra


def has_torch() -> bool:
    """Whether PyTorch is installed; it may still be broken."""
    return find_spec("torch") is not None


def has_cuda_driver() -> bool:
    """Whether NVIDIA's driver is installed, without which torch finds no GPU."""
    # not for those who only ask for what is installed
    import ctypes

    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


def need_torch(what: str) -> None:
    """Raises MissingExtra, whose sentence begins with `what` needs PyTorch, where there is none."""
    if not has_torch():
        raise MissingExtra(
            f"{what} needs PyTorch, which is not installed; `pip install 'fillwright[gpu]'` "
            "brings it."
        )
