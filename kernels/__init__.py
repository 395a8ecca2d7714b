"""Tensors in, tensors out, one operation per file, in plain torch.

That is what a CPU runs where `cpu/` does not, and what the Triton kernels in `gpu/` agree with.
Knows no models, no tokens and no text.
"""
