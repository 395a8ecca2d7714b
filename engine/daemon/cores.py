"""How many cores this process may use. Knows nothing of torch."""

import os
from pathlib import Path


def physical_cores(cpus: Path = Path("/sys/devices/system/cpu")) -> int:
    """Distinct cores among the CPUs this process may run on.

    Two threads of one core share its arithmetic units: a second one only gets in the way of
    matrix products. Without Linux's description of the machine every CPU counts as a core.
    """
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    allowed = os.sched_getaffinity(0)
    siblings = [cpus / f"cpu{cpu}" / "topology" / "thread_siblings_list" for cpu in allowed]
    if not all(file.is_file() for file in siblings):
        return len(allowed)
    return len({file.read_text() for file in siblings})
