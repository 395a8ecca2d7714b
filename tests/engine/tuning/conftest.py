"""Files to learn, and the smallest checkpoint that can be tuned on them."""

import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tokenizers import AddedToken

from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.sources.packages import SourceFile
from fillwright.engine.training.export import export
from fillwright.engine.training.initialise import new_model, small_config
from fillwright.engine.training.recipes import CPU, CausalRows, JointRows, Recipe, SmallShape
from fillwright.engine.training.vocabulary import train_vocabulary

PAGES = ("textwrap.py", "json/encoder.py", "fnmatch.py", "heapq.py", "shlex.py", "bisect.py")
TINY = replace(
    CPU,
    shape=SmallShape(
        hidden_size=64,
        layers=2,
        full_every=2,
        heads=2,
        kv_heads=1,
        head_dim=32,
        intermediate_size=96,
        expert_intermediate_size=96,
    ),
    causal=CausalRows(rows=4, length=160, batches_per_step=2),
    causal_turns=1,
    joint=JointRows(
        rows=3, length=112, canvases={16: 1.0}, canvases_per_prompt=2, batches_per_step=2
    ),
)


@pytest.fixture
def recipe() -> Recipe:
    return TINY


@pytest.fixture(scope="session")
def files() -> list[SourceFile]:
    root = Path(sysconfig.get_path("stdlib"))
    return [SourceFile("mine", f"mine/{name}", (root / name).read_text("utf-8")) for name in PAGES]


@pytest.fixture(scope="session")
def checkpoint(files: list[SourceFile], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random network in bfloat16."""
    folder = tmp_path_factory.mktemp("base")
    train_vocabulary([file.text for file in files], 600).save(str(folder / "tokenizer.json"))
    config = small_config(TINY, CodeTokenizer.from_checkpoint(folder))
    state = {"config": config, "model": new_model(config, seed=1).state_dict()}
    torch.save(state, folder / "state.pt")
    export(folder / "state.pt", folder / "tokenizer.json", folder / "checkpoint", "bf16")
    (folder / "checkpoint" / "memory.json").write_text("{}")
    return folder / "checkpoint"


TURNS = ("<bos>", "<|turn>", "<turn|>")


@pytest.fixture(scope="session")
def instructed(files: list[SourceFile], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random network of the released DiffusionGemma's form, in bfloat16: asked in turns, noise of
    any token, rows that speak of themselves, and four experts, of which two answer."""
    folder = tmp_path_factory.mktemp("instructed")
    vocabulary = train_vocabulary([file.text for file in files], 600)
    missing = [name for name in TURNS if vocabulary.token_to_id(name) is None]
    vocabulary.add_special_tokens([AddedToken(name, special=True) for name in missing])
    vocabulary.save(str(folder / "tokenizer.json"))
    config = small_config(TINY, CodeTokenizer.from_checkpoint(folder))
    del config["fillwright"]
    config["text_config"] |= {"num_experts": 4, "top_k_experts": 2}
    state = {"config": config, "model": new_model(config, seed=1).state_dict()}
    torch.save(state, folder / "state.pt")
    export(folder / "state.pt", folder / "tokenizer.json", folder / "checkpoint", "bf16")
    return folder / "checkpoint"
