"""The network: DiffusionGemma's text part and its prefix KV cache."""

from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.kv_cache import PrefixCache

__all__ = ["DiffusionGemma", "PrefixCache"]
