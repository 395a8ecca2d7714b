"""Passes of the embedded model beside llama.cpp's own server, in a table.

`OMP_NUM_THREADS=1 python -P tests/bench/yardstick.py`. The server (`xllamacpp`) has a llama of the
embedded model's shape: as many layers, heads and weights, random, in Q8_0, one thread. It says
itself how long a batch took it. Both take turns; a shared machine interrupts most passes, so the
shortest of many counts. Not a test.
"""

import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import xllamacpp
from gguf import GGMLQuantizationType, GGUFWriter, TokenType
from gguf.quants import quantize
from rich.console import Console
from rich.table import Table

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.model.config import ModelConfig
from fillwright.engine.model.cpu_cache import CpuCache
from fillwright.engine.model.cpu_model import CpuDiffusionGemma
from fillwright.engine.model.cpu_weights import read_network
from fillwright.kernels.cpu.operations import CpuKernels

CACHED, ROWS, ROUNDS = 400, 8, 120
WRITTEN = 4
"""Tokens that the server writes in a round, of which the prompt's batch gives the first."""


def main() -> None:
    """Measure and print."""
    model = CpuDiffusionGemma(read_network(embedded_checkpoint(), CpuKernels(1)))
    ids = random.Random(1)
    cached = [ids.randrange(10, model.config.vocab_size) for _ in range(CACHED)]
    held = model.prefill(model.ids(cached))
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        server = _server(Path(folder, "llama.gguf"), model.config)
        for _ in range(ROUNDS):
            several = [ids.randrange(10, model.config.vocab_size) for _ in range(ROWS)]
            found = {
                **_theirs(server.listening_address, [*cached, *several]),
                **{f"ours, {rows}": _ours(model, held, several[:rows]) for rows in (1, ROWS)},
            }
            for name, took in found.items():
                times.setdefault(name, []).append(took)
    table = Table("", "llama.cpp", "ours", "ratio", "goal", title="Milliseconds, shortest of many")
    for rows, goal in ((1, "1x"), (ROWS, "2x")):
        theirs, ours = min(times[f"theirs, {rows}"]), min(times[f"ours, {rows}"])
        what = f"{rows} row{'s' * (rows > 1)}, {CACHED} cached"
        table.add_row(what, f"{theirs:.2f}", f"{ours:.2f}", f"{theirs / ours:.1f}x", goal)
    Console().print(table)


def _ours(model: CpuDiffusionGemma, held: CpuCache, tokens: Sequence[int]) -> float:
    """Of so many branches, each with its logits."""
    branches = model.branch(held)
    branches.read(tokens[:1])
    branches.keep([0] * len(tokens))
    began = time.perf_counter()
    branches.read(tokens)
    return 1e3 * (time.perf_counter() - began)


def _theirs(address: str, prompt: Sequence[int]) -> dict[str, float]:
    """Of the rows that its cache lacks, with one row's logits, and of a token after them."""
    asked = {
        "prompt": list(prompt),
        "n_predict": WRITTEN,
        "cache_prompt": True,
        "ignore_eos": True,
        "temperature": 0,
    }
    answer = httpx.post(f"{address}/completion", json=asked, timeout=60).raise_for_status()
    said: dict[str, Any] = answer.json()["timings"]
    # the first request of all reads the whole prompt
    batch = said["prompt_ms"] if said["prompt_n"] == ROWS else float("inf")
    return {
        f"theirs, {ROWS}": batch,
        "theirs, 1": said["predicted_ms"] / (said["predicted_n"] - 1),
    }


def _server(path: Path, config: ModelConfig) -> xllamacpp.Server:
    _write_llama(path, config)
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx, params.n_parallel, params.verbosity = 1024, 1, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.hostnames, params.port = ["127.0.0.1"], 0
    return xllamacpp.Server(params)


def _write_llama(path: Path, config: ModelConfig) -> None:
    """Its MLP is as wide as the embedded model's two together."""
    shape = config.shapes[config.layer_kinds[0]]
    hidden, inner = config.hidden_size, config.intermediate_size + config.expert_intermediate_size
    queries, keys = config.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    file = GGUFWriter(path, "llama")
    file.add_context_length(4096)
    file.add_embedding_length(hidden)
    file.add_block_count(len(config.layer_kinds))
    file.add_feed_forward_length(inner)
    file.add_head_count(config.heads)
    file.add_head_count_kv(shape.kv_heads)
    file.add_layer_norm_rms_eps(config.rms_norm_eps)
    file.add_rope_dimension_count(shape.head_dim)
    file.add_vocab_size(config.vocab_size)
    file.add_file_type(int(GGMLQuantizationType.Q8_0))
    file.add_tokenizer_model("gpt2")
    file.add_tokenizer_pre("qwen2")
    file.add_token_list([f"word{number}" for number in range(config.vocab_size)])
    file.add_token_types([int(TokenType.NORMAL)] * config.vocab_size)
    file.add_token_merges(["w o"])
    file.add_eos_token_id(0)
    normal = np.random.default_rng(0).standard_normal

    def matrix(name: str, outputs: int, inputs: int) -> None:
        values = normal((outputs, inputs), dtype=np.float32) * np.float32(inputs**-0.5)
        cells = quantize(values, GGMLQuantizationType.Q8_0)
        file.add_tensor(f"{name}.weight", cells, raw_dtype=GGMLQuantizationType.Q8_0)

    def gain(name: str) -> None:
        file.add_tensor(f"{name}.weight", np.ones(hidden, np.float32))

    # without a matrix for the output llama.cpp takes the embedding, as our model does
    matrix("token_embd", config.vocab_size, hidden)
    gain("output_norm")
    for layer in range(len(config.layer_kinds)):
        block = f"blk.{layer}"
        gain(f"{block}.attn_norm")
        gain(f"{block}.ffn_norm")
        matrix(f"{block}.attn_q", queries, hidden)
        matrix(f"{block}.attn_k", keys, hidden)
        matrix(f"{block}.attn_v", keys, hidden)
        matrix(f"{block}.attn_output", hidden, queries)
        matrix(f"{block}.ffn_gate", inner, hidden)
        matrix(f"{block}.ffn_up", inner, hidden)
        matrix(f"{block}.ffn_down", hidden, inner)
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()


if __name__ == "__main__":
    main()
