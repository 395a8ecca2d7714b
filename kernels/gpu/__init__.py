"""The operations as Triton kernels, one file each, named as its reference in the folder above.

Imported only where tensors lie on a GPU, for Triton comes with PyTorch's CUDA builds alone. On CPU
tensors the same kernels run in Triton's interpreter (TRITON_INTERPRET=1), which is how they are
tested without a GPU.

Names in a kernel are words. `row`, `column`, `token`, `expert`, `slot`, `k` and `n` are offsets
along that axis (flash-linear-attention's o_), or the program's own index along it (i_). `inside`,
`here`, `fits` and `free` are masks (m_), `at` is where in memory something lies (p_), and capitals
are sizes known to the compiler. What was loaded has the name of what it is.
"""
