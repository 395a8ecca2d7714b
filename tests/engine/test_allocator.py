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
import ctypes, threading
from fillwright.engine.allocator import stay_small

{call}
met = threading.Barrier(5)

def work():
    met.wait()
    blocks = [bytearray(4096) for _ in range(100)]
    met.wait()

for thread in [threading.Thread(target=work) for _ in range(4)]:
    thread.start()
met.wait()
met.wait()
ctypes.CDLL(None).malloc_stats()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the allocator of glibc")
def test_threads_of_a_language_server_share_one_heap() -> None:
    def heaps(call: str) -> int:
        program = [sys.executable, "-P", "-c", HEAPS.format(call=call)]
        outcome = subprocess.run(program, check=True, capture_output=True, text=True)
        return outcome.stderr.count("Arena ")

    assert heaps("") > heaps("stay_small()") == 1
