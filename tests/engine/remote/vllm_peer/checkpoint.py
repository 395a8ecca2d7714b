"""Writes a tiny random DiffusionGemma that vLLM serves: `python checkpoint.py FOLDER`.

Its tokens are the 256 bytes and the control tokens of `SPECIAL`, with the ids that the fake server
of the tests has too. Runs on the peer's own Python, with `every_process` among its paths. What vLLM
asks for beyond the weights (a processor, a full generation_config.json, a vision tower) is never
used.
"""

import json
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    DiffusionGemmaConfig,
    DiffusionGemmaForBlockDiffusion,
    DiffusionGemmaTextConfig,
    PreTrainedTokenizerFast,
)
from transformers.models.gemma4 import Gemma4VisionConfig
from transformers.models.gemma4.feature_extraction_gemma4 import (
    Gemma4AudioFeatureExtractor,
)
from transformers.models.gemma4.image_processing_gemma4 import Gemma4ImageProcessor
from transformers.models.gemma4.processing_gemma4 import Gemma4Processor
from transformers.models.gemma4.video_processing_gemma4 import Gemma4VideoProcessor

CANVAS = 64
VOCABULARY = 272
SPECIAL = ["<bos>", "<eos>", "<|turn>", "<turn|>", "<pad>", "<mask>"]
IMAGES = ["<|image|>", "<|image>", "<image|>", "<|video|>", "<|audio|>", "<|audio>", "<audio|>"]
IDS = {name: 256 + place for place, name in enumerate(SPECIAL + IMAGES)}
GENERATION = {
    "max_denoising_steps": 8,
    "t_min": 0.4,
    "t_max": 0.8,
    "stability_threshold": 1,
    "confidence_threshold": 0.005,
    "sampler_config": {"_cls_name": "EntropyBoundSamplerConfig", "entropy_bound": 0.1},
    "pad_token_id": IDS["<pad>"],
    "eos_token_id": [IDS["<eos>"], IDS["<turn|>"]],
    "bos_token_id": IDS["<bos>"],
}


def main(folder: Path) -> None:
    """Write everything."""
    processor().save_pretrained(folder)
    model().save_pretrained(folder)
    (folder / "generation_config.json").write_text(json.dumps(GENERATION))


def processor() -> Gemma4Processor:
    vocabulary = {character: byte for byte, character in enumerate(characters())}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(SPECIAL + IMAGES)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="<eos>",
        bos_token="<bos>",
        mask_token="<mask>",
        extra_special_tokens={
            "image_token": "<|image|>",
            "boi_token": "<|image>",
            "eoi_token": "<image|>",
            "audio_token": "<|audio|>",
            "boa_token": "<|audio>",
            "eoa_token": "<audio|>",
        },
    )
    return Gemma4Processor(
        feature_extractor=Gemma4AudioFeatureExtractor(),
        image_processor=Gemma4ImageProcessor(),
        tokenizer=fast,
        video_processor=Gemma4VideoProcessor(),
        chat_template="{% for message in messages %}{{ message['content'] }}\n{% endfor %}",
    )


def characters() -> list[str]:
    """The character that stands for each byte in byte-level tokenizers, GPT-2's way: those that
    print stand for themselves, the others follow each other from 256 on."""
    prints = {*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)}
    others = iter(range(256, 512))
    return [chr(byte if byte in prints else next(others)) for byte in range(256)]


def model() -> DiffusionGemmaForBlockDiffusion:
    """Four layers, every gain 1, every matrix such that a row keeps its size."""
    text = DiffusionGemmaTextConfig(
        vocab_size=VOCABULARY,
        hidden_size=128,
        intermediate_size=128,
        num_hidden_layers=4,
        layer_types=["sliding_attention"] * 3 + ["full_attention"],
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,
        num_global_key_value_heads=2,
        global_head_dim=32,
        sliding_window=64,
        moe_intermediate_size=128,
        num_experts=4,
        top_k_experts=2,
        max_position_embeddings=2048,
        final_logit_softcapping=30.0,
        pad_token_id=IDS["<pad>"],
        eos_token_id=IDS["<eos>"],
        bos_token_id=IDS["<bos>"],
    )
    vision = Gemma4VisionConfig(
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=1,
        num_key_value_heads=1,
        default_output_length=280,
        head_dim=16,
    )
    config = DiffusionGemmaConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=IDS["<|image|>"],
        boi_token_id=IDS["<|image>"],
        eoi_token_id=IDS["<image|>"],
        video_token_id=IDS["<|video|>"],
        audio_token_id=IDS["<|audio|>"],
        canvas_length=CANVAS,
    )
    random = torch.Generator().manual_seed(0)
    network = DiffusionGemmaForBlockDiffusion(config)
    with torch.no_grad():
        for weight in network.parameters():
            if weight.ndim >= 2:
                weight.normal_(std=weight.shape[-1] ** -0.5, generator=random)
            else:
                weight.fill_(1.0)
    return network


if __name__ == "__main__":
    main(Path(sys.argv[1]))
