"""Text <-> token ids.

Knows a checkpoint's tokenizer.json and the names of its special tokens; knows nothing of prompts.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tokenizers import Tokenizer

from fillwright.engine.errors import CheckpointError


@dataclass(frozen=True)
class CodeTokenizer:
    """A checkpoint's tokenizer. Special tokens never come out of ordinary text."""

    tokenizer: Tokenizer

    @classmethod
    def from_checkpoint(cls, folder: Path) -> "CodeTokenizer":
        """Read `tokenizer.json`. Raises CheckpointError."""
        path = folder / "tokenizer.json"
        if not path.exists():
            raise CheckpointError(f"{path} is missing; download the checkpoint again.")
        try:
            return cls(Tokenizer.from_file(str(path)))
        except Exception as error:  # tokenizers raises no narrower one
            raise CheckpointError(
                f"{path} cannot be read ({error}); download the checkpoint again."
            ) from error

    def encode(self, text: str) -> list[int]:
        """Token ids of `text`, without special tokens, even where the text spells one."""
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def decode(self, ids: list[int]) -> str:
        """The text of `ids`; special tokens give none."""
        text: str = self.tokenizer.decode(ids, skip_special_tokens=True)
        return text

    def special(self, token: str) -> int:
        """The id of a special token. Raises CheckpointError when the tokenizer lacks it."""
        found: int | None = self.tokenizer.token_to_id(token)
        if found is None:
            raise CheckpointError(
                f"tokenizer.json has no token {token}; use the checkpoint's own tokenizer."
            )
        return found

    @cached_property
    def special_ids(self) -> frozenset[int]:
        return frozenset(
            token_id
            for token_id, token in self.tokenizer.get_added_tokens_decoder().items()
            if token.special
        )

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The text of every id, "" for special tokens; for choosing tokens by their spelling."""
        size = self.tokenizer.get_vocab_size()
        return tuple("" if i in self.special_ids else self.decode([i]) for i in range(size))
