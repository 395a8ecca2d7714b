"""What the C allocator does with memory that was freed: an engine keeps it, a language server gives
it back. Elsewhere than on glibc nothing is changed.

A denoise step makes and drops some ten blocks of a megabyte; glibc returns such blocks at once,
and every step faults their pages in again. A language server lives as long as its editor; by
itself glibc gives each thread a heap of its own, and learns to keep larger and larger blocks in
them, which leave gaps.
"""

import ctypes
import sys
from collections.abc import Mapping

# from glibc's malloc.h
M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
M_ARENA_MAX = -8
LARGEST_KEPT_BLOCK = 32 * 2**20
KEPT = 128 * 2**20
SMALLEST_OWN_BLOCK = 512 * 2**10
KEPT_OF_A_SERVER = 2**20
"""Large enough for the text of 10,000 lines, which is copied at every key; one block of a larger
size in the heap leaves a gap for hours. Chosen by a soak, see docs/measurements-log.md."""


def keep_freed_blocks() -> None:
    """For the whole process, from here on."""
    _set({M_MMAP_THRESHOLD: LARGEST_KEPT_BLOCK, M_TRIM_THRESHOLD: KEPT})


def stay_small() -> None:
    """All threads share one heap, and large blocks go back to the system when they are freed. For
    the whole process, before it has a second thread."""
    _set(
        {
            M_ARENA_MAX: 1,
            M_MMAP_THRESHOLD: SMALLEST_OWN_BLOCK,
            M_TRIM_THRESHOLD: KEPT_OF_A_SERVER,
        }
    )


def _set(options: Mapping[int, int]) -> None:
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in options.items():
            mallopt(option, value)
