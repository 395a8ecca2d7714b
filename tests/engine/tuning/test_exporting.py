import json
from pathlib import Path
from typing import Any, get_args

import pytest
from tokenizers import Tokenizer

from fillwright.engine.errors import BadRequest
from fillwright.engine.infill.prompts.chat import ChatPrompt
from fillwright.engine.sources.packages import SourceFile
from fillwright.engine.tuning.asking import Asking
from fillwright.engine.tuning.exporting import LONGEST, TrainerFormat, export_data
from fillwright.engine.tuning.files import TuningText


def rows(folder: Path, name: str = "train") -> list[dict[str, Any]]:
    # split as those readers do, some of which know more line ends than this one
    lines = (folder / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture
def text(files: list[SourceFile]) -> TuningText:
    return TuningText.of(files)


def ids_of(row: dict[str, Any], trainer: TrainerFormat, reader: Tokenizer) -> tuple[Any, Any]:
    """The ids of the prompt and of the answer, as the trainer's reader has them."""
    match trainer:
        case "trl":
            at = row["completion_mask"].index(1)
            assert row["completion_mask"] == [0] * at + [1] * (len(row["input_ids"]) - at)
            return row["input_ids"][:at], row["input_ids"][at:]
        case "unsloth":
            at = sum(label == -100 for label in row["labels"])
            assert row["labels"] == [-100] * at + row["input_ids"][at:]
            assert row["attention_mask"] == [1] * len(row["input_ids"])
            return row["input_ids"][:at], row["input_ids"][at:]
        case "nemo":
            assert [message["role"] for message in row["messages"]] == ["user", "assistant"]
            prompt, answer = (message["content"] for message in row["messages"])
        case "hackable-diffusion":
            prompt, answer = f"<bos>{row['prompt']}", row["response"]
    first, last, whole = (
        reader.encode(each, add_special_tokens=False).ids
        for each in (prompt, answer, prompt + answer)
    )
    assert whole == [*first, *last]
    return first, last


@pytest.mark.parametrize("trainer", get_args(TrainerFormat))
def test_every_format_has_the_prompts_that_the_engine_asks_with(
    trainer: TrainerFormat, instructed: Path, text: TuningText, tmp_path: Path
) -> None:
    written = export_data(text, instructed, tmp_path, trainer, 60, seed=0)
    assert written["train"] == len(rows(tmp_path)) == 60
    assert 1 <= written["held_out"] == len(rows(tmp_path, "held_out")) <= 6
    tokenizer = Asking.of(instructed).tokenizer
    reader = Tokenizer.from_file(str(instructed / "tokenizer.json"))
    end = tokenizer.special("<turn|>")
    samples = [ids_of(row, trainer, reader) for row in rows(tmp_path)]
    assert len({(*prompt, *answer) for prompt, answer in samples}) == len(samples)
    empty = ChatPrompt(tokenizer).ids("", "", "python")
    for prompt, answer in samples:
        assert len(prompt) + len(answer) <= LONGEST
        assert prompt[:3] == empty[:3]
        assert answer.index(end) == len(answer) - 1
        assert tokenizer.decode(answer).endswith("\n```")
    assert (tmp_path / "fillwright.jinja").exists() == (trainer == "nemo")


def test_files_that_are_held_out_are_in_no_sample_to_learn(
    instructed: Path, text: TuningText, tmp_path: Path
) -> None:
    export_data(text, instructed, tmp_path, "hackable-diffusion", 40, seed=0)
    held_out = text.held_out.document(0)
    for row in rows(tmp_path):
        before = row["prompt"].rsplit("model\n```python\n", 1)[1]
        assert len(before) < 80 or before not in held_out


def test_nothing_that_fits_is_said_in_a_sentence(
    instructed: Path, text: TuningText, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fillwright.engine.tuning.exporting.LONGEST", 10)
    with pytest.raises(BadRequest, match="give more files"):
        export_data(text, instructed, tmp_path, "trl", 10, seed=0)
