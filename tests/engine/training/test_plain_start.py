import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.model.config_json import read_config
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.transformer import Transformer
from fillwright.engine.model.transformer_config import transformer_config
from fillwright.engine.training.initialise import new_model
from fillwright.engine.training.masked import masked_config
from fillwright.engine.training.plain_start import norm_constants, plain_weights
from fillwright.engine.training.recipes import MASKED


def nats(logits: Tensor, ids: Tensor) -> float:
    return float(F.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten()))


@torch.no_grad()
def test_the_plain_network_knows_most_of_what_the_embedded_one_does(made: Any) -> None:
    base = embedded_checkpoint()
    tokenizer = CodeTokenizer.from_checkpoint(base)
    pages = [tokenizer.encode(file.text)[:512] for file in made.files[:4]]
    ids = torch.tensor([page for page in pages if len(page) == 512]).view(-1, 128)
    fitted, others = ids[:4], ids[-6:]
    model = DiffusionGemma.from_checkpoint(base)
    network = Transformer(
        transformer_config(masked_config(MASKED, read_config(base), "m"), "qwen3")
    )
    network.load_state_dict(plain_weights(model, norm_constants(model, fitted)))
    seen = torch.ones(128, 128, dtype=torch.bool).tril()
    hidden, _ = model.encode(others, torch.arange(128)[None])
    theirs, ours = (
        nats(model.logits(hidden), others),
        nats(network.logits(network(others, seen)), others),
    )
    # knowing nothing is 9.7
    assert theirs < ours < theirs + 1.5 < math.log(16384) / 2


def test_a_network_of_several_experts_is_refused(made: Any) -> None:
    config = made.config()
    config["text_config"] |= {"num_experts": 2, "top_k_experts": 2}
    model = new_model(config, seed=0)
    with pytest.raises(ValueError, match="several experts"):
        norm_constants(model, torch.zeros(1, 8, dtype=torch.int64))
