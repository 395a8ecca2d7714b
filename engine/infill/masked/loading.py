"""A checkpoint folder of a mask model -> a MaskedInfiller that is warm.

Knows files and devices.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from fillwright.engine.cores import own_threads
from fillwright.engine.description import Cache, ModelDescription, Topology, describe
from fillwright.engine.diffusion.kept import MaskDenoiser
from fillwright.engine.errors import CheckpointError
from fillwright.engine.infill.loading import languages_of, usable_device, warm_up
from fillwright.engine.infill.loading_torch import cpu_dtype, sees_a_gpu
from fillwright.engine.infill.masked.around import AroundWriting
from fillwright.engine.infill.masked.in_blocks import DOCUMENTS, BlockWriting, block_prompt
from fillwright.engine.infill.masked.infiller import MaskedInfiller
from fillwright.engine.infill.masked.layout import Layout, Marks
from fillwright.engine.infill.masked.writing import Writing
from fillwright.engine.infill.prefix_caches import PrefixCaches
from fillwright.engine.infill.ranking.calibration import Calibrations
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.model.block_transformer import BlockTransformer
from fillwright.engine.model.config_json import Section, read_config
from fillwright.engine.model.stored_linear import kernels_here
from fillwright.engine.model.surround import Surround
from fillwright.engine.model.transformer import Transformer
from fillwright.engine.model.transformer_config import plain_skeleton, transformer_config


def load_masked(
    checkpoint: Path,
    device: str,
    progress: Callable[[float], None] = lambda fraction: None,
    threads: int | None = None,
) -> MaskedInfiller:
    """Load and warm up, as load_infiller does. Raises CheckpointError with one sentence when the
    folder cannot be used."""
    device = usable_device(device)
    if device != "cpu" and not sees_a_gpu():
        raise CheckpointError("No CUDA device can be used here; choose the device 'cpu'.")
    threads = threads or own_threads()
    torch.set_num_threads(threads)
    config = read_config(checkpoint)
    ours = Section("", config).section("fillwright") if "fillwright" in config else Section("", {})
    tokenizer = CodeTokenizer.from_checkpoint(checkpoint)
    description = describe(config, tokenizer.special_names)
    skeleton = plain_skeleton(description.skeleton)
    topology = description.topology
    if topology not in WRITINGS or description.commit != "kept":
        raise CheckpointError(
            f"{description.family} has {topology} attention and decisions that are "
            f"{description.commit}, which no loop here has together; use another model."
        )
    vocabulary = transformer_config(config, skeleton).vocab_size
    write = WRITINGS[topology](tokenizer, description, vocabulary, device)
    progress(0.1)
    network = Transformer.from_checkpoint(
        checkpoint,
        skeleton,
        device,
        torch.bfloat16 if device != "cpu" else cpu_dtype(),
        lambda done: progress(0.1 + 0.8 * done),
        kernels_here(threads) if device == "cpu" else None,
    )
    infiller = MaskedInfiller(
        writing=write(network),
        tokenizer=tokenizer,
        description=description,
        model_name=str(ours.entries.get("name", checkpoint.resolve().name)),
        device=device,
        languages=languages_of(ours),
        calibrations=Calibrations.of_checkpoint(checkpoint),
    )
    warm_up(infiller)
    progress(1.0)
    return infiller


Write = Callable[[Transformer], Writing]


def _around(
    tokenizer: CodeTokenizer, told: ModelDescription, vocabulary: int, device: str
) -> Write:
    layout = Layout(tokenizer, told, Marks.of(tokenizer, told, vocabulary))

    def write(network: Transformer) -> AroundWriting:
        kept = Surround(network, told.refresh)
        models: Mapping[Cache, Callable[[], MaskDenoiser]] = {
            "none": lambda: network,
            "steps": lambda: Surround(network, told.refresh),
            "requests": lambda: kept,
        }
        return AroundWriting(models[told.cache], layout, device)

    return write


def _in_blocks(
    tokenizer: CodeTokenizer, told: ModelDescription, vocabulary: int, device: str
) -> Write:
    prompt = block_prompt(tokenizer, told)
    marks = Marks.of(tokenizer, told, vocabulary, prompt.end_marks)

    def write(network: Transformer) -> BlockWriting:
        model = BlockTransformer(network, told.block or 1)
        caches = PrefixCaches(model, [model.empty_cache() for _ in range(DOCUMENTS)])
        return BlockWriting(model, caches, tokenizer, prompt, told, marks, device)

    return write


WRITINGS: Mapping[Topology, Callable[[CodeTokenizer, ModelDescription, int, str], Write]] = {
    "full": _around,
    "block-causal": _in_blocks,
}
"""What a folder says is checked before its weights are read."""
