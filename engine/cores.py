"""How many cores this process may use. Knows nothing of torch."""

import os
from pathlib import Path


def engine_threads() -> int:
    """Threads for the engine's products: every core but one, which is the editor's.

    Every product ends at a barrier, so one thread that has to wait for a busy core holds up all:
    with two threads beside a process that keeps a core of two busy, a fill took 3 to 100 times
    as long as with one.
    """
    return max(1, physical_cores() - 1)


def own_threads() -> int:
    """Threads for a process that works for nobody else: as many as OMP_NUM_THREADS says, as for
    any library, or one for every core."""
    said = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return int(said) if said.isdigit() and int(said) > 0 else physical_cores()


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
