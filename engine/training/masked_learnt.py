"""What a small mask model has learnt, in a small file; and the model folder that comes of it and of
the checkpoint that it began from.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save, save_file
from torch import Tensor, nn

from fillwright.engine.errors import CheckpointError
from fillwright.engine.training.masked import Begun, tokens_of
from fillwright.engine.training.recipes import MaskedShape
from fillwright.engine.training.thin import joined, learnt

CONSTANTS = "constants"


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """The `constants` of the first weights, and what training changed, by its names."""

    constants: Tensor
    own: dict[str, Tensor]

    @classmethod
    def of(cls, constants: Tensor, network: nn.Module) -> Self:
        return cls(constants, {name: p.detach() for name, p in learnt(network).items()})

    @classmethod
    def read(cls, file: Path) -> Self:
        """Raises CheckpointError."""
        try:
            own = load_file(file)
            return cls(own.pop(CONSTANTS), own)
        except (OSError, KeyError, SafetensorError) as error:
            raise CheckpointError(
                f"{file} is not what `fillwright train masked` learnt ({error!r}); give that file."
            ) from error

    def write(self, file: Path) -> None:
        """In bfloat16 but for the constants."""
        own = {name: tensor.to(torch.bfloat16).contiguous() for name, tensor in self.own.items()}
        file.write_bytes(save({CONSTANTS: self.constants, **own}))


def write_folder(base: Path, learnt: Learnt, shape: MaskedShape, folder: Path) -> None:
    """Write the model that began from the checkpoint in `base`, in bfloat16. Raises CheckpointError
    where what was learnt is of another one."""
    try:
        begun = Begun.of(base, shape, folder.name, learnt.constants)
        weights = joined(begun.network.state_dict(), learnt.own, tokens_of(begun.marks))
        begun.network.load_state_dict(weights)
    except (KeyError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"What was learnt does not fit {base} ({error!r}); give the checkpoint that it began "
            "from."
        ) from error
    folder.mkdir(parents=True, exist_ok=True)
    stored = {name: tensor.to(torch.bfloat16).contiguous() for name, tensor in weights.items()}
    save_file(stored, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "tokenizer.json").write_bytes((base / "tokenizer.json").read_bytes())
    (folder / "config.json").write_text(json.dumps(begun.config, indent=2) + "\n", "utf-8")
