"""The types that kernels compute in."""

import triton.language as tl
from torch import Tensor


def dot_type(x: Tensor) -> tl.dtype:
    """What the operands of `tl.dot` are cast to: bfloat16 on a GPU.

    Triton's interpreter, where the tensors lie on the CPU, computes bfloat16 wrongly without a
    word. For the same reason every kernel casts what it loads to float32 before anything else.
    """
    return tl.bfloat16 if x.is_cuda else tl.float32
