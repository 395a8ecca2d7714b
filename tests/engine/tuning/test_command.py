import json
from pathlib import Path

import pytest

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.errors import CheckpointError
from fillwright.engine.tuning.command import check_base


def test_models_that_are_asked_otherwise_are_refused(tmp_path: Path) -> None:
    check_base(embedded_checkpoint())
    config = json.loads((embedded_checkpoint() / "config.json").read_text())
    del config["fillwright"]["prompt"]
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=r"docs/tuning\.md"):
        check_base(tmp_path)
