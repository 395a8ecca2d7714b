"""The operations as Triton kernels, one file each, named as its reference in the folder above.

Imported only where tensors lie on a GPU, for Triton comes with PyTorch's CUDA builds alone. On CPU
tensors the same kernels run in Triton's interpreter (TRITON_INTERPRET=1), which is how they are
tested without a GPU.
"""
