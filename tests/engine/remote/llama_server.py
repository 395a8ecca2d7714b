"""llama.cpp's own server over a tiny model with random weights, until its stdin closes.

Run with a folder to write the model into; prints the server's address. `--no-fim` leaves out the
tokens that infilling needs, `--key KEY` asks callers for that.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import xllamacpp
from gguf import GGUFWriter, TokenType

WIDTH, LAYERS, HEADS, INNER, CONTEXT = 64, 2, 4, 128, 4096
FIM = ["<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>"]
KEYS = ["fim_pre", "fim_mid", "fim_suf", "fim_pad"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--no-fim", action="store_true")
    parser.add_argument("--key")
    options = parser.parse_args()
    model = options.folder / "tiny.gguf"
    write(model, with_fim=not options.no_fim)
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.n_ctx, params.n_parallel, params.warmup = 4096, 2, False
    params.cpuparams.n_threads = 1
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.endpoint_props = True
    if options.key:
        params.api_keys = [options.key]
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()


def write(path, with_fim):
    """A llama of two layers whose tokens are the 256 bytes."""
    tokens, types = bytes_as_characters(), [TokenType.NORMAL] * 256
    merges = ["Ġ Ġ", "ĠĠ ĠĠ"]
    tokens += ["ĠĠ", "ĠĠĠĠ"]
    types += [TokenType.NORMAL] * 2
    end = len(tokens)
    names = FIM if with_fim else [f"<|none_{number}|>" for number in range(len(FIM))]
    tokens += ["<|endoftext|>", *names]
    types += [TokenType.CONTROL] * (1 + len(names))
    file = GGUFWriter(path, "llama")
    file.add_name("tiny-fim")
    file.add_context_length(CONTEXT)
    file.add_embedding_length(WIDTH)
    file.add_block_count(LAYERS)
    file.add_feed_forward_length(INNER)
    file.add_head_count(HEADS)
    file.add_head_count_kv(HEADS)
    file.add_layer_norm_rms_eps(1e-5)
    file.add_rope_dimension_count(WIDTH // HEADS)
    file.add_vocab_size(len(tokens))
    file.add_file_type(0)
    file.add_tokenizer_model("gpt2")
    file.add_tokenizer_pre("qwen2")
    file.add_token_list(tokens)
    file.add_token_types([int(kind) for kind in types])
    file.add_token_merges(merges)
    file.add_eos_token_id(end)
    file.add_pad_token_id(end)
    file.add_add_bos_token(False)
    if with_fim:
        for number, key in enumerate(KEYS, 1):
            file.add_uint32(f"tokenizer.ggml.{key}_token_id", end + number)
    write_weights(file, len(tokens))
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()


def write_weights(file, vocabulary):
    random = np.random.default_rng(0)

    def matrix(name, rows, columns):
        values = random.standard_normal((rows, columns)) * columns**-0.5
        file.add_tensor(f"{name}.weight", values.astype(np.float32))

    def ones(name):
        file.add_tensor(f"{name}.weight", np.ones(WIDTH, np.float32))

    matrix("token_embd", vocabulary, WIDTH)
    matrix("output", vocabulary, WIDTH)
    ones("output_norm")
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        ones(f"{block}.attn_norm")
        ones(f"{block}.ffn_norm")
        for name in ("q", "k", "v", "output"):
            matrix(f"{block}.attn_{name}", WIDTH, WIDTH)
        matrix(f"{block}.ffn_gate", INNER, WIDTH)
        matrix(f"{block}.ffn_up", INNER, WIDTH)
        matrix(f"{block}.ffn_down", WIDTH, INNER)


def bytes_as_characters():
    """The character that byte-level tokenizers write for each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = (byte for byte in range(256) if byte not in printable)
    known = {byte: chr(byte) for byte in printable}
    known |= {byte: chr(256 + number) for number, byte in enumerate(others)}
    return [known[byte] for byte in range(256)]


if __name__ == "__main__":
    main()
