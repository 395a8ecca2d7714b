"""What torch's network sees of a long prompt, through windows and without: is it the same?

`python -P tests/bench/long_context.py [tokens]` (262,144). One head, two sliding layers and a full
one of random weights. A test in tests/engine/model/test_window.py does the same with fewer tokens,
or without the full layer, which takes the time. Prints seconds of processor time and the caches'
sizes, and ends with 1 where the logits differ.
"""

import sys
import time
from dataclasses import replace

import torch

from fillwright.engine.benchmark.shapes import NARROW
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.kv_cache import PrefixCache
from fillwright.engine.model.window import Window, cache_bytes

WHOLE_CONTEXT = 262_144
NO_END = 2**62
FLOAT32 = 4


def main() -> int:
    tokens = int(sys.argv[1]) if len(sys.argv) > 1 else WHOLE_CONTEXT
    kinds = ("sliding_attention", "sliding_attention", "full_attention")
    config = replace(NARROW, layer_kinds=kinds)
    random = torch.Generator().manual_seed(1)
    model = DiffusionGemma(config).eval().requires_grad_(False)
    for each in model.parameters():
        if each.ndim > 1:
            each.normal_(std=each.shape[-1] ** -0.5, generator=random)
    ids = torch.randint(config.vocab_size, (tokens,), generator=random)
    canvas = torch.randint(config.vocab_size, (1, 16), generator=random)
    seen = []
    for name, margin in (("windowed", Window.of(config).margin), ("unwindowed", NO_END)):
        cache = PrefixCache.of(model.empty_cache())
        cache.window = Window.of(config, margin)
        began = time.process_time()
        model.enqueue(cache, ids)
        seen.append((model.denoise_logits(canvas, cache), model.continued(cache, canvas)))
        took = time.process_time() - began
        print(f"{name}: {tokens} tokens, {took:.0f} s, {cache.bytes / 1e6:.1f} MB", flush=True)
    print(f"computed: {cache_bytes(config, tokens, FLOAT32) / 1e6:.1f} MB")
    same = all(torch.equal(one, other) for one, other in zip(*seen, strict=True))
    print("the same logits" if same else "other logits")
    return not same


if __name__ == "__main__":
    raise SystemExit(main())
