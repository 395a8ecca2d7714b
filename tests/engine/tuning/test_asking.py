import json
from itertools import islice
from pathlib import Path

import pytest

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.errors import CheckpointError
from fillwright.engine.infill.prompts.chat import ChatPrompt
from fillwright.engine.infill.prompts.small import SmallPrompt
from fillwright.engine.sources.packages import SourceFile
from fillwright.engine.training.phases import JointPhase, Materials
from fillwright.engine.training.recipes import FURTHER
from fillwright.engine.training.samples import HoleSampler
from fillwright.engine.tuning.asking import Asking
from fillwright.engine.tuning.files import TuningText
from fillwright.engine.tuning.tuning import RECIPE


def test_the_embedded_model_is_taught_as_it_was_trained() -> None:
    asking = Asking.of(embedded_checkpoint())
    assert asking.form is SmallPrompt
    assert asking.recipe(RECIPE) == RECIPE


def test_a_checkpoint_that_says_nothing_is_taught_as_the_released_one_is_asked(
    instructed: Path, files: list[SourceFile]
) -> None:
    asking = Asking.of(instructed)
    assert asking.form is ChatPrompt
    recipe = asking.recipe(RECIPE)
    assert (recipe.noise, recipe.rows) == ("uniform", RowConvention.OWN)

    tokenizer, text = asking.tokenizer, TuningText.of(files)
    sampler = HoleSampler(
        text.train, tokenizer, 0, (96, 40), (48,), FURTHER.holes, form=asking.form
    )
    turn, end, bos = (tokenizer.special(name) for name in ("<|turn>", "<turn|>", "<bos>"))
    for sample in islice(sampler.samples(64, several_share=1.0), 60):
        (piece,) = sample.pieces
        assert not piece.after
        assert tokenizer.decode(piece.middle).endswith("\n```")
        assert sample.prompt[:2] == [bos, turn]
        # what the engine asks with, whatever stands on either side
        said = tokenizer.decode(sample.prompt)
        following = said.split("missing part:\n```python\n", 1)[1].split("\n```\n\nContinue", 1)[0]
        before = said.rsplit("model\n```python\n", 1)[1]
        asked = ChatPrompt(tokenizer).ids(before, following, "python")
        assert tokenizer.decode(asked) == said
        assert asked[: asked.index(end)] == sample.prompt[: sample.prompt.index(end)]


def test_a_canvas_of_turns_ends_its_turn_and_then_the_text(
    instructed: Path, files: list[SourceFile]
) -> None:
    asking = Asking.of(instructed)
    tokenizer, text = asking.tokenizer, TuningText.of(files)
    recipe = asking.recipe(RECIPE)
    phase = JointPhase(
        Materials(
            recipe, tokenizer, text.train, text.held_out, 0, "cpu", compiled=False, form=asking.form
        )
    )
    end, eos = tokenizer.special("<turn|>"), tokenizer.special("<eos>")
    ended = 0
    for batch in islice(phase.batches, 12):
        rows = batch.pinned.shape[1]
        assert not batch.pinned.any()
        for canvas in batch.ids[:, -rows:].tolist():
            if end in canvas:
                at = canvas.index(end)
                assert tokenizer.decode(canvas[:at]).endswith("\n```")
                assert canvas[at + 1 :] == [eos] * (rows - at - 1)
                ended += 1
    assert ended > 10


@pytest.mark.parametrize("change", [{"model_type": "dream"}, {"fillwright": {"prompt": "song"}}])
def test_what_is_asked_in_no_known_form_is_refused(
    instructed: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    config = json.loads((instructed / "config.json").read_text()) | change
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=r"no DiffusionGemma|fillwright\.prompt"):
        Asking.of(tmp_path)
