"""LoRA adapters in PEFT's layout: `adapter_config.json` and `adapter_model.safetensors`.

Encoder and decoder share their weights here, and not in transformers' classes: the file has every
matrix twice, and one whose two copies differ is refused. NeMo's own class has each once, under a
third name. Knows files and names; needs no torch.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.stored_arrays import StoredArrays

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
PLACE = r"layers\.\d+\.(?:self_attn\.[qkvo]_proj|mlp\.(?:gate|up|down)_proj)"
"""What may have one: attention and the dense MLP, as in the recipes of TRL and NeMo. Router,
experts and self-conditioning stay as they are."""
DECODER, ENCODER, NEMO = "model.decoder", "model.encoder.language_model", "model"
PEFT_PREFIX = "base_model.model."
PLAIN: Mapping[str, tuple[object, ...]] = {
    "peft_type": ("LORA",),
    "use_dora": (False, None),
    "use_rslora": (False, None),
    "bias": ("none", None),
    "modules_to_save": (None, []),
    "rank_pattern": ({}, None),
    "alpha_pattern": ({}, None),
}
"""What an adapter's config may say of itself; anything else is another kind of adapter."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Adapter:
    """By the network's name of a matrix [out, in]: `down` float32 [rank, in] and `up` float32
    [out, rank]; up @ down * alpha / rank is added to it. `base` names the model."""

    rank: int
    alpha: float
    matrices: Mapping[str, tuple[Floats, Floats]]
    base: str

    def delta(self, name: str) -> Floats | None:
        """What is added to the matrix of that name, float32 [out, in]; None where nothing is."""
        if name not in self.matrices:
            return None
        down, up = self.matrices[name]
        return up @ down * np.float32(self.alpha / self.rank)

    def check(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Raises CheckpointError unless a network with matrices of these shapes takes it."""
        for name, (down, up) in self.matrices.items():
            shape = (up.shape[0], down.shape[1])
            if shapes.get(name) != shape:
                raise CheckpointError(
                    f"The adapter has {shape[0]} x {shape[1]} numbers for {name}, which the model "
                    "does not have in that size; use it with the model that it was tuned for."
                )

    def write(self, folder: Path) -> None:
        """As `peft` writes it; other files of the folder stay."""
        tensors = {
            f"{PEFT_PREFIX}{side}.{name.removesuffix('.weight')}.lora_{letter}.weight": matrix
            for name, pair in self.matrices.items()
            for side in (DECODER, ENCODER)
            for letter, matrix in zip("AB", pair, strict=True)
        }
        config = {
            "peft_type": "LORA",
            "task_type": None,
            "base_model_name_or_path": self.base,
            "r": self.rank,
            "lora_alpha": self.alpha,
            "lora_dropout": 0.0,
            "bias": "none",
            "fan_in_fan_out": False,
            "inference_mode": True,
            "target_modules": rf"(?:{re.escape(DECODER)}|{re.escape(ENCODER)})\.{PLACE}",
        }
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in (
            (WEIGHTS, save(tensors, metadata={"format": "pt"})),
            (CONFIG, (json.dumps(config, indent=2) + "\n").encode()),
        ):
            (folder / f"{name}.partial").write_bytes(content)
            (folder / f"{name}.partial").replace(folder / name)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises CheckpointError, which names the file, for what is no such adapter."""
        config = _config(folder / CONFIG)
        path = folder / WEIGHTS
        if not path.exists():
            raise CheckpointError(f"{path} is missing; give the folder of a whole adapter.")
        tensors = StoredArrays.of_file(path)
        matrices = {}
        names = [re.fullmatch(_STORED, name) for name in tensors.names()]
        if not all(names):
            stranger = next(name for name in tensors.names() if not re.fullmatch(_STORED, name))
            raise CheckpointError(
                f"{path} changes {stranger}, which Fillwright leaves as it is; tune attention "
                "and dense MLP only."
            )
        for place in dict.fromkeys(match["place"] for match in names if match):
            pair = [_of_both(tensors, place, letter, path) for letter in "AB"]
            if pair[0].shape[0] != config["r"] or pair[1].shape[1] != config["r"]:
                raise CheckpointError(
                    f"{path} has another rank for {place} than {CONFIG} says; write it again."
                )
            matrices[f"{place}.weight"] = (pair[0], pair[1])
        return cls(
            rank=config["r"],
            alpha=float(config["lora_alpha"]),
            matrices=matrices,
            base=str(config.get("base_model_name_or_path")),
        )


_STORED = (
    rf"{re.escape(PEFT_PREFIX)}(?:{'|'.join(map(re.escape, (DECODER, ENCODER, NEMO)))})"
    rf"\.(?P<place>{PLACE})\.lora_[AB]\.weight"
)


def _config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text("utf-8"))
        sizes = config["r"], config["lora_alpha"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{path} does not say what adapter it is of ({error!r}); give the folder that "
            "`fillwright tune` wrote."
        ) from error
    for name, allowed in PLAIN.items():
        if config.get(name, allowed[0]) not in allowed:
            raise CheckpointError(
                f"{path} has {name} {config[name]!r}, which is not known here; use plain LoRA."
            )
    if not isinstance(sizes[0], int) or sizes[0] < 1 or not isinstance(sizes[1], int | float):
        raise CheckpointError(f"{path} has no r and lora_alpha that are numbers; write it again.")
    return dict(config)


def _of_both(tensors: StoredArrays, place: str, letter: str, path: Path) -> Floats:
    """The matrix of encoder and decoder, which must be one."""
    decoder, encoder, nemo = (
        f"{PEFT_PREFIX}{side}.{place}.lora_{letter}.weight" for side in (DECODER, ENCODER, NEMO)
    )
    if nemo in tensors:
        decoder = encoder = nemo
    if not (decoder in tensors and encoder in tensors):
        raise CheckpointError(
            f"{path} changes {place} in encoder or decoder alone; both have one weight here, so "
            "tune them together."
        )
    shape = tensors.shape(decoder)
    if len(shape) != 2 or shape != tensors.shape(encoder):
        raise CheckpointError(f"{path} has no matrix for {place}; write it again.")
    matrix = tensors.read(decoder, *shape)
    if not np.array_equal(matrix, tensors.read(encoder, *shape)):
        raise CheckpointError(
            f"{path} changes {place} otherwise in the encoder than in the decoder; both have one "
            "weight here, so tune them tied."
        )
    return matrix
