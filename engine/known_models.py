"""The open diffusion models that infill, as data: which fit into how much memory, their licences,
and what was published of them. `fillwright pull`, `fillwright doctor` and docs/models.md read this.

Bytes are computed from the shapes. Knows no files and no hub.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownModel:
    """`alias` is what `fillwright pull` takes for `hub_id`; `gigabytes` is of the weights in
    bfloat16, `eight_bits` and `int4` of what `fillwright quantize` makes of them."""

    alias: str
    hub_id: str
    licence: str
    gigabytes: float
    eight_bits: float
    int4: float
    use: str

    def form_for(self, gigabytes: float) -> str | None:
        """The least rounded form of its weights that so much memory holds, with a fifth to spare
        for what else a step needs; None where it holds none."""
        forms = (("bf16", self.gigabytes), ("int8", self.eight_bits), ("int4", self.int4))
        return next((form for form, size in forms if size * 1.2 <= gigabytes), None)


DREAM_ON = KnownModel(
    "dreamon",
    "Dream-org/DreamOn-v0-7B",
    "Apache-2.0",
    15.2,
    8.7,
    5.7,
    "lines and pieces of Python; finds a hole's length itself",
)
DIFFUSION_GEMMA = KnownModel(
    "diffusiongemma",
    "google/diffusiongemma-26B-A4B-it",
    "Apache-2.0",
    50.5,
    27.7,
    16.0,
    "bodies, instructions, many languages",
)
DREAM_CODER = KnownModel(
    "dream-coder",
    "Dream-org/Dream-Coder-v0-Base-7B",
    "Apache-2.0",
    15.2,
    8.7,
    5.7,
    "holes whose length is about known",
)
OPEN_DCODER = KnownModel(
    "open-dcoder",
    "fredzzp/open-dcoder-0.5B",
    "Apache-2.0 (its repository)",
    1.0,
    0.6,
    0.5,
    "any CPU; holes whose length is about known",
)
STABLE_DIFFCODER = KnownModel(
    "stable-diffcoder",
    "ByteDance-Seed/Stable-DiffCoder-8B-Base",
    "MIT",
    16.5,
    9.5,
    6.2,
    "holes that end themselves, in blocks; nobody has published how well it infills",
)
SDAR = KnownModel(
    "sdar",
    "JetLM/SDAR-8B-Chat",
    "Apache-2.0 (its card)",
    16.4,
    9.4,
    6.2,
    "instructions; a chat model that was not taught to infill",
)
KNOWN_MODELS = (DREAM_ON, DIFFUSION_GEMMA, DREAM_CODER, OPEN_DCODER, STABLE_DIFFCODER, SDAR)


@dataclass(frozen=True, slots=True)
class Choice:
    """A model, and the form of it that fits; None: the embedded one."""

    gigabytes: int
    model: KnownModel | None
    form: str


# beside the weights a GPU needs room for a step's logits and what else is on it: a fifth
GPU_CHOICES = (
    Choice(8, DREAM_ON, "int4"),
    Choice(12, DREAM_ON, "int8"),
    Choice(16, DREAM_ON, "int8"),
    Choice(24, DIFFUSION_GEMMA, "int4"),
    Choice(48, DIFFUSION_GEMMA, "fp8"),
    Choice(80, DIFFUSION_GEMMA, "bf16"),
)
CPU_CHOICE = Choice(0, None, "int8")


def choice_for(gpu_gigabytes: Iterable[float]) -> Choice:
    """What to run on the largest of these GPUs, or on the CPU. A card's own number is a little
    larger than what a program is told that it has."""
    largest = max(gpu_gigabytes, default=0.0)
    fitting = [each for each in GPU_CHOICES if each.gigabytes * 0.93 <= largest]
    return fitting[-1] if fitting else CPU_CHOICE
