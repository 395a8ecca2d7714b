"""`transformers serve` over a tiny Qwen2 with random weights: its folder is written first.

Run with a folder whose name is the model's, and a port.
"""

import os
import sys
from pathlib import Path

FIM = ["<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"]


def main():
    folder, port = Path(sys.argv[1]), sys.argv[2]
    write(folder)
    command = [sys.executable, "-P", "-m", "transformers.cli.transformers", "serve", str(folder)]
    os.execv(sys.executable, [*command, "--host", "127.0.0.1", "--port", port, "--device", "cpu"])


def write(folder):
    """A model of two layers whose tokens are the 256 bytes."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {character: number for number, character in enumerate(alphabet)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(FIM)
    end = {"eos_token": FIM[0], "pad_token": FIM[0]}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **end).save_pretrained(folder)
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=len(alphabet) + len(FIM),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=2048,
        eos_token_id=256,
        bos_token_id=None,
        pad_token_id=256,
        tie_word_embeddings=False,
    )
    Qwen2ForCausalLM(config).save_pretrained(folder)


if __name__ == "__main__":
    main()
