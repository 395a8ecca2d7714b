"""Makes `import torchvision` work beside torch's CPU build.

The torchvision that pip finds is built for CUDA: its operators do not load there, and two of them
are looked up by name at the import. DiffusionGemma's processor imports it and calls neither.
"""

import torch

_LIBRARY = torch.library.Library("torchvision", "FRAGMENT")


def declare() -> None:
    """Declare the two, unless they are there."""
    for name, schema in {
        "nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
        "qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    }.items():
        if not hasattr(torch.ops.torchvision, name):
            _LIBRARY.define(name + schema)
