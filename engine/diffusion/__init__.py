"""Denoising: canvas, sampler step, stop, and the loop over them."""

from fillwright.engine.diffusion.blocks import BlockLoop, BlockStep
from fillwright.engine.diffusion.canvas import BUCKETS, Canvas, bucket
from fillwright.engine.diffusion.denoise import Denoiser, DenoiseStep, denoise
from fillwright.engine.diffusion.noise import DraftNoise, HybridNoise, Noise, UniformNoise
from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.diffusion.settings import DenoiseSettings, checkpoint_settings

__all__ = [
    "BUCKETS",
    "BlockLoop",
    "BlockStep",
    "Canvas",
    "DenoiseSettings",
    "DenoiseStep",
    "Denoiser",
    "DraftNoise",
    "HybridNoise",
    "Noise",
    "RowConvention",
    "UniformNoise",
    "bucket",
    "checkpoint_settings",
    "denoise",
]
