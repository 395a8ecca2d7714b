"""Random tiny checkpoints of mask models, written by transformers with the keys and the special
tokens of the published ones."""

import json
from collections.abc import Iterable
from pathlib import Path

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

# Qwen2's own pieces: a line end and the indentation after it are apart
PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
DREAM_TOKENS = ("<|endoftext|>", "<|beginoftext|>", "<|mask|>")
DREAM_ON_TOKENS = (*DREAM_TOKENS, "<|expand|>")
OPEN_DCODER_TOKENS = ("<|endoftext|>", "<M>")
SDAR_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|MASK|>")
# their ids are what the model is known by: an end of 2, a mask of 5
STABLE_DIFFCODER_TOKENS = (
    *("<[begin\u2581of\u2581sentence]>", "<[PAD\u2581TOKEN]>", "<[end\u2581of\u2581sentence]>"),
    *("<[SEP\u2581TOKEN]>", "<[CLS\u2581TOKEN]>", "<[MASK\u2581TOKEN]>"),
    *("<[fim-suffix]>", "<[fim-prefix]>", "<[fim-middle]>"),
)
DREAM = {
    "architectures": ["DreamModel"],
    "model_type": "Dream",
    "auto_map": {"AutoModel": "modeling_dream.DreamModel"},
    "rope_theta": 1e6,
}
OPEN_DCODER = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "rope_theta": 1e6,
}
STABLE_DIFFCODER = {
    "architectures": ["StableDiffcoderForCausalLM"],
    "model_type": "llama",
    "auto_map": {"AutoModelForCausalLM": "modeling_stable_diffcoder.StableDiffcoderForCausalLM"},
    "rope_theta": 5e5,
}
SDAR = {
    "architectures": ["SDARForCausalLM"],
    "model_type": "sdar",
    "auto_map": {"AutoModelForCausalLM": "modeling_sdar.SDARForCausalLM"},
    "rope_theta": 1e6,
}
NETWORKS = {
    "Dream": (Qwen2Config, Qwen2ForCausalLM),
    "qwen2": (Qwen2Config, Qwen2ForCausalLM),
    "llama": (LlamaConfig, LlamaForCausalLM),
    "sdar": (Qwen3Config, Qwen3ForCausalLM),
}
SHAPE = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
}


def qwen_like_tokenizer(text: str, special: Iterable[str], size: int = 400) -> Tokenizer:
    """Byte-level BPE with Qwen2's pieces, learnt from a text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[AddedToken(token, special=True) for token in special],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([text] * 3, trainer)
    return tokenizer


def write_masked(
    folder: Path,
    tokenizer: Tokenizer,
    config: dict[str, object],
    seed: int = 3,
    published: dict[str, object] = DREAM,
) -> Path:
    """A folder as published: `config` over the `published` keys. The network has a few more rows
    than the tokenizer has tokens, as theirs do."""
    torch.manual_seed(seed)
    vocabulary = tokenizer.get_vocab_size() + 5
    config_class, model_class = NETWORKS[str(published["model_type"])]
    model = model_class(config_class(**SHAPE, vocab_size=vocabulary, tie_word_embeddings=False))
    for tensor in model.parameters():
        if tensor.ndim > 1:
            tensor.data.normal_(std=1.2 * tensor.shape[-1] ** -0.5)
    model.save_pretrained(folder)
    written = json.loads((folder / "config.json").read_text("utf-8"))
    written["rope_scaling"] = None
    del written["rope_parameters"]
    (folder / "config.json").write_text(json.dumps(written | published | config), "utf-8")
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
