"""Keeps the C allocator from giving a step's logits back to the system between two steps.

A denoise step makes and drops some ten blocks of a megabyte; glibc returns such blocks at once,
and every step faults their pages in again. Knows nothing of models; elsewhere than on glibc it
changes nothing.
"""

import ctypes
import sys

# from glibc's malloc.h
M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
LARGEST_KEPT_BLOCK = 32 * 2**20
KEPT = 128 * 2**20


def keep_freed_blocks() -> None:
    """For the whole process, from here on."""
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT_BLOCK)
        mallopt(M_TRIM_THRESHOLD, KEPT)
