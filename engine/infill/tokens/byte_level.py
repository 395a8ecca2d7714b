"""A tokenizer from `vocab.json` and `merges.txt`, for checkpoints without a `tokenizer.json`: the
byte-level BPE of Qwen2, which Dream's models have.

Knows these files; knows no prompts.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from fillwright.engine.errors import CheckpointError

PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How Qwen2 parts a text before it merges."""
FILES = ("vocab.json", "merges.txt")


def byte_level_tokenizer(folder: Path) -> Tokenizer:
    """Of a checkpoint folder; its special tokens are those of `added_tokens.json`. Raises
    CheckpointError."""
    vocabulary, merges = (str(folder / name) for name in FILES)
    try:
        added: Mapping[str, int] = json.loads((folder / "added_tokens.json").read_text("utf-8"))
        tokenizer = Tokenizer(models.BPE.from_file(vocabulary, merges))
        tokenizer.normalizer = normalizers.NFC()
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
        tokenizer.decoder = decoders.ByteLevel()
        names = sorted(added, key=lambda name: added[name])
        tokenizer.add_special_tokens([AddedToken(name, normalized=False) for name in names])
    except Exception as error:  # tokenizers raises no narrower one
        raise CheckpointError(
            f"{folder} has no tokenizer.json, and its {', '.join(FILES)} and added_tokens.json "
            f"cannot be read ({error}); download the checkpoint again."
        ) from error
    moved = [name for name in names if tokenizer.token_to_id(name) != added[name]]
    if moved:
        raise CheckpointError(
            f"added_tokens.json in {folder} gives {moved[0]} the number {added[moved[0]]}, which "
            "the vocabulary does not lead to; download the checkpoint again."
        )
    return tokenizer
