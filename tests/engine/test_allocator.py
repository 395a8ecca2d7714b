import os
import subprocess
import sys

import pytest

PROGRAM = """
import resource, torch
from fillwright.engine.allocator import keep_freed_blocks

torch.set_num_threads(1)
{call}

def faults(rounds):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(rounds):
        blocks = [torch.ones(2**18) for _ in range(8)]
        del blocks
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults(3)
print(faults(20))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the allocator of glibc")
def test_blocks_of_a_step_are_faulted_in_once() -> None:
    def faults(call: str) -> int:
        program = [sys.executable, "-P", "-c", PROGRAM.format(call=call)]
        # by itself glibc learns from some programs to keep such blocks, from others not
        fixed = os.environ | {"MALLOC_MMAP_THRESHOLD_": str(128 * 1024)}
        outcome = subprocess.run(program, check=True, capture_output=True, text=True, env=fixed)
        return int(outcome.stdout)

    assert faults("keep_freed_blocks()") < faults("") / 4


HEAPS = """
import threading
from fillwright.engine.allocator import stay_small

{call}
started = threading.Barrier(5)

def work():
    started.wait()
    blocks = [bytearray(4096) for _ in range(100)]
    started.wait()

for thread in [threading.Thread(target=work) for _ in range(4)]:
    thread.start()
started.wait()
starts = [int(line.partition("-")[0], 16) for line in open("/proc/self/maps")]
# a further heap begins at a multiple of what it reserves, 64 MB, and is no library
print(sum(start % 2**26 == 0 for start in starts))
started.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the allocator of glibc")
def test_threads_of_a_language_server_share_one_heap() -> None:
    def heaps(call: str) -> int:
        program = [sys.executable, "-P", "-c", HEAPS.format(call=call)]
        return int(subprocess.run(program, check=True, capture_output=True, text=True).stdout)

    assert heaps("") > heaps("stay_small()") == 0
