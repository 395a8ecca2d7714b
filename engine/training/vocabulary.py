"""Trains the byte-level BPE of fillwright-small.

A newline and the indentation after it are one piece, so that a line's depth is one token; digits
stand alone; nothing merges across a line end.
"""

from collections.abc import Iterator

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

SPECIAL_TOKENS = (
    "<pad>",
    "<eos>",
    "<bos>",
    "<mask>",
    "<suffix>",
    "<prefix>",
    "<middle>",
    "<context>",
    "<python>",
    "<javascript>",
    "<typescript>",
    "<other>",
    "<reserved_0>",
    "<reserved_1>",
    "<reserved_2>",
    "<reserved_3>",
)
PIECES = r"\n[ \t]*| ?[\p{L}_]+| ?\d| ?[^\s\p{L}\d_]+|[^\S\n]+"


def train_vocabulary(texts: Iterator[str], size: int) -> Tokenizer:
    """A tokenizer of `size` tokens learnt from `texts`."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[AddedToken(token, special=True) for token in SPECIAL_TOKENS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
