"""A tokenizer made of Qwen2's files, against transformers' own Qwen2 tokenizer."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken
from transformers import Qwen2Tokenizer

from fillwright.engine.errors import CheckpointError
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from tests.engine.infill.masked_folder import DREAM_ON_TOKENS, qwen_like_tokenizer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """vocab.json, merges.txt and added_tokens.json, as a slow tokenizer of Dream's has them."""
    folder = tmp_path_factory.mktemp("slow")
    trained = qwen_like_tokenizer("def area(width, height):\n    return width * height\n" * 20, ())
    trained.model.save(str(folder))
    size = trained.get_vocab_size()
    added = {name: size + i for i, name in enumerate(DREAM_ON_TOKENS)}
    (folder / "added_tokens.json").write_text(json.dumps(added), "utf-8")
    return folder


@pytest.fixture(scope="module")
def reference(folder: Path) -> Qwen2Tokenizer:
    found = Qwen2Tokenizer.from_pretrained(folder)
    found.add_special_tokens(
        {"additional_special_tokens": [AddedToken(name) for name in DREAM_ON_TOKENS]}
    )
    return found


@pytest.fixture(scope="module")
def ours(folder: Path) -> CodeTokenizer:
    return CodeTokenizer.from_checkpoint(folder)


@settings(max_examples=60, deadline=None)
@given(text=st.text() | st.text(st.sampled_from("de f\n\t  (width):x19'sé\r")))
def test_a_text_has_transformers_ids(
    ours: CodeTokenizer, reference: Qwen2Tokenizer, text: str
) -> None:
    assert ours.encode(text) == reference.encode(text, add_special_tokens=False)


def test_special_tokens_have_the_numbers_of_their_file(ours: CodeTokenizer, folder: Path) -> None:
    added = json.loads((folder / "added_tokens.json").read_text("utf-8"))
    assert {name: ours.special(name) for name in DREAM_ON_TOKENS} == added
    assert ours.special_ids == set(added.values())
    assert ours.special("<|mask|>") not in ours.encode("a <|mask|> b")
    assert not ours.joins_indentation


def test_numbers_that_do_not_follow_are_refused(folder: Path, tmp_path: Path) -> None:
    for name in ("vocab.json", "merges.txt"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(CheckpointError, match=r"no tokenizer\.json"):
        CodeTokenizer.from_checkpoint(tmp_path)
    (tmp_path / "added_tokens.json").write_text('{"<|mask|>": 999}')
    with pytest.raises(CheckpointError, match="the number 999"):
        CodeTokenizer.from_checkpoint(tmp_path)
