"""Bytes that a denoise step cannot do without: every weight once, and the keys and values it sees.

With a canvas of 64 rows or more nearly all experts are touched, so all of them count.
"""

from dataclasses import dataclass

from torch import Tensor

from fillwright.engine.model.gpu_network import GpuNetwork
from fillwright.kernels.gpu.packed_experts import ExpertMatrix


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes per step and stage. The embedding counts twice: in the head, and in the soft embedding
    while the canvas knows nothing yet."""

    experts: int
    products: int
    attention: int
    head: int
    soft_embedding: int

    @property
    def total(self) -> int:
        return sum((self.experts, self.products, self.attention, self.head, self.soft_embedding))


def traffic_of(network: GpuNetwork, context: int, rows: int) -> Traffic:
    """Of a step of `rows` rows after `context` tokens."""
    config, embedding = network.config, _size(network.embedding)
    attention = 0
    for layer, kind in zip(network.layers, config.layer_kinds, strict=True):
        shape = config.shapes[kind]
        seen = min(context, layer.reach) + rows
        attention += 2 * seen * shape.kv_heads * shape.head_dim * network.embedding.element_size()
    return Traffic(
        experts=sum(
            _matrix(layer.expert_gate_up) + _matrix(layer.expert_down) for layer in network.layers
        ),
        products=_size(network.signal_gate_up, network.signal_down)
        + sum(
            _size(layer.qkv, layer.out, layer.gate_up, layer.down, layer.router)
            for layer in network.layers
        ),
        attention=attention,
        head=embedding,
        soft_embedding=embedding,
    )


def _matrix(matrix: ExpertMatrix) -> int:
    scales = matrix.row_scale.nbytes + (matrix.group_scale.nbytes if matrix.group else 0)
    return matrix.weight.nbytes + scales


def _size(*tensors: Tensor) -> int:
    return sum(tensor.nbytes for tensor in tensors)
