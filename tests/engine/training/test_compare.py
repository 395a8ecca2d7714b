from typing import Any

import pytest
import torch

from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.training.compare import Arm, compare


@pytest.mark.slow
def test_every_arm_learns_from_the_same_start(made: Any) -> None:
    def arms(joint_steps: int) -> dict[tuple[str, RowConvention], Arm]:
        with torch.compiler.set_stance("force_eager"):
            found = compare(
                made.recipe(), made.tokenizer, made.train, made.train, 4, joint_steps, seeds=1
            )
            return {(arm.noise, arm.rows): arm for arm in found}

    before, after = arms(0), arms(8)
    assert len(after) == 4
    assert before["hybrid", RowConvention.OWN].losses["held_out_causal"] == pytest.approx(
        before["uniform", RowConvention.SHIFTED].losses["held_out_causal"]
    )
    for key, arm in after.items():
        levels = [name for name in arm.losses if name.startswith("held_out_t")]
        assert len(levels) == 3
        assert all(arm.losses[name] < before[key].losses[name] for name in levels)
