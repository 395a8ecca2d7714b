"""The sampler step: from logits to the next canvas.

Accept the surest rows within the entropy bound, renoise the others; nothing is frozen, the
decision is remade at each step (transformers' EntropyBoundSampler; arXiv 2505.24857). Pinned rows
take no part. Knows nothing of models.
"""

import math
from dataclasses import dataclass, replace
from typing import Self

from fillwright.engine.diffusion.canvas import CanvasRows
from fillwright.engine.diffusion.heeding import Objections
from fillwright.engine.diffusion.noise import Noise
from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.kernels.arrays import Array, RandomNumbers, namespace, nonzero
from fillwright.kernels.entropy_bound import entropy_bound
from fillwright.kernels.token_statistics import token_statistics

_NO_MASS = -1e4


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """What a step makes of its logits; arrays are [batch, canvas] unless said otherwise.

    renoised_canvas           int64: the next step's input
    argmax_canvas             int64: the most likely tokens, with pinned tokens and settled holes
    accepted_token_mask       bool: free rows whose token was accepted, or that an end mark settled
    live                      bool: free rows of the argmax canvas up to the hole's end mark
    entropy                   float32, nats, tempered
    self_conditioning_logits  float32 [batch, canvas, vocab]: for the next step, of the model's rows
    """

    renoised_canvas: Array
    argmax_canvas: Array
    accepted_token_mask: Array
    live: Array
    entropy: Array
    self_conditioning_logits: Array

    def heeding(self, objections: Objections, convention: RowConvention, noise: Array) -> Self:
        """With what a guide says of it; `noise` int64 [batch, canvas] is for refused rows. `live`
        and the entropy stay: they are what the network itself thinks."""
        silent = convention.by_row(objections.silent)[..., None]
        signal = self.self_conditioning_logits
        return replace(
            self,
            renoised_canvas=objections.heeded(self.renoised_canvas, noise),
            argmax_canvas=objections.tokens,
            accepted_token_mask=objections.accepted(self.accepted_token_mask),
            self_conditioning_logits=namespace(signal).where(silent, -math.inf, signal),
        )


def propose(
    logits: Array,
    rows: CanvasRows,
    noise: Noise,
    settings: DenoiseSettings,
    steps_left: int,
    generator: RandomNumbers,
) -> Proposal:
    """One sampler step. logits float32 [batch, canvas, vocab], of the model's rows.

    Random numbers are drawn in transformers' order: first the tokens, then the noise.
    """
    seen = token_statistics(logits, settings.temperature(steps_left))
    by_token = settings.rows.by_token
    tokens, entropy = by_token(settings.draw(seen, generator)), by_token(seen.entropy)
    accepted = entropy_bound(entropy, rows.free, settings.entropy_bound)
    where = namespace(tokens).where
    canvas = where(accepted, tokens, noise.draw(tokens.shape, generator))
    canvas, settled = rows.settle(rows.pin(canvas), accepted)
    argmax_canvas, ended = rows.settle(rows.pin(by_token(seen.token)), rows.free)
    return Proposal(
        renoised_canvas=canvas,
        argmax_canvas=argmax_canvas,
        accepted_token_mask=accepted | settled,
        live=rows.free & ~ended,
        entropy=entropy,
        self_conditioning_logits=_pin_self_conditioning(seen.tempered, rows, settings),
    )


def _pin_self_conditioning(logits: Array, rows: CanvasRows, settings: DenoiseSettings) -> Array:
    """Put what is known of pinned rows into the logits [batch, canvas, vocab], in place, instead of
    the model's own guess, which would leak back. No row predicts tokens that overlap the prompt."""
    batch, token = nonzero(rows.pinned)
    known = token >= settings.rows.overlap
    batch, token = batch[known], token[known]
    row = token - settings.rows.overlap
    if settings.pinned_signal == "zero":
        logits[batch, row] = -math.inf
    else:
        logits[batch, row] = _NO_MASS
        logits[batch, row, rows.ids[batch, token]] = 0.0
    return logits
