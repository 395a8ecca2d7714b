"""The network: DiffusionGemma's text part and its prefix KV cache, on torch and on the CPU's int8
kernels. `interface.py` says what both do; what names torch is imported by its own name."""
