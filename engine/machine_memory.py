"""How much memory this machine has, for models. Knows no models."""

from pathlib import Path

from fillwright.engine.extras import has_torch


def main_memory() -> tuple[int, int] | None:
    """Bytes that can be had, and all of them; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    kilobytes = {name: int(rest.split()[0]) for name, _, rest in (x.partition(":") for x in lines)}
    return kilobytes["MemAvailable"] * 1024, kilobytes["MemTotal"] * 1024


def largest_gpu() -> int:
    """Bytes of the GPU with the most memory that torch sees; 0 where it sees none."""
    if not has_torch():
        return 0
    import torch

    gpus = range(torch.cuda.device_count())
    return max((torch.cuda.mem_get_info(number)[1] for number in gpus), default=0)
