"""The processor time of a command and of everything that it starts, daemons too: `python
tests/bench/processor_time.py COMMAND ...`. On a machine that others use, the clock says little.
"""

import ctypes
import os
import resource
import subprocess
import sys

PR_SET_CHILD_SUBREAPER = 36


def main(command: list[str]) -> int:
    # what outlives its parent becomes our child, and is counted when it ends
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    code = subprocess.run(command, check=False).returncode
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"processor time: {used.ru_utime + used.ru_stime:.0f} s")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
