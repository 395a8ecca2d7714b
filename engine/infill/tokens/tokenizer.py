"""Text <-> token ids.

Knows a checkpoint's tokenizer.json and the names of its special tokens; knows nothing of prompts.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream

from fillwright.engine.errors import CheckpointError
from fillwright.engine.infill.tokens.byte_level import FILES, byte_level_tokenizer

UNPAIRED_SURROGATE = re.compile(r"[\ud800-\udfff]")
BROKEN = "\ufffd"
LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Spelling:
    """The text of some ids, and for each id where its text ends, in characters.

    A character of several tokens belongs to the last of them; bytes that make no character, as at
    a cut between such tokens, give no text.
    """

    text: str
    ends: tuple[int, ...]

    def tokens_of(self, characters: int) -> int:
        """How many leading ids the first `characters` of the text take."""
        return bisect_left(self.ends, characters) + 1 if characters else 0

    def showing(self, characters: range) -> range:
        """The ids that some of these characters of the text come from."""
        if not characters:
            return range(0)
        return range(bisect_right(self.ends, characters.start), self.tokens_of(characters.stop))


@dataclass(frozen=True)
class CodeTokenizer:
    """A checkpoint's tokenizer. Special tokens never come out of ordinary text."""

    tokenizer: Tokenizer

    def __post_init__(self) -> None:
        self.tokenizer.encode_special_tokens = True  # as the ordinary text that spells them

    @classmethod
    def from_checkpoint(cls, folder: Path) -> "CodeTokenizer":
        """Read `tokenizer.json`, or the files that it can be made of. Raises CheckpointError."""
        path = folder / "tokenizer.json"
        if not path.exists() and all((folder / name).exists() for name in FILES):
            return cls(byte_level_tokenizer(folder))
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
        whole = UNPAIRED_SURROGATE.sub(BROKEN, text)
        ids: list[int] = self.tokenizer.encode(whole, add_special_tokens=False).ids
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """The text of `ids`; special tokens give none."""
        return self.spell(ids).text

    def spell(self, ids: Iterable[int]) -> Spelling:
        """The text of `ids`, token by token."""
        stream = DecodeStream(skip_special_tokens=True)
        pieces, ends, end = [], [], 0
        for token in ids:
            piece = (stream.step(self.tokenizer, token) or "").replace(BROKEN, "")
            end += len(piece)
            pieces.append(piece)
            ends.append(end)
        return Spelling("".join(pieces), tuple(ends))

    def special(self, token: str | int) -> int:
        """The id of a special token, by its name or itself. Raises CheckpointError when the
        tokenizer lacks it."""
        named = self.tokenizer.id_to_token(token) if isinstance(token, int) else token
        found: int | None = None if named is None else self.tokenizer.token_to_id(named)
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

    @property
    def special_names(self) -> frozenset[str]:
        """The added tokens by their names, whether they are marked as special or not."""
        return frozenset(
            token.content for token in self.tokenizer.get_added_tokens_decoder().values()
        )

    @cached_property
    def joins_indentation(self) -> bool:
        """Whether a line end and the white space after it are one token."""
        first = self.encode("a\n    b")[1:2]
        return self.decode(first) == "\n    "

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The text of every id, "" for special tokens; for choosing tokens by their spelling."""
        size = self.tokenizer.get_vocab_size()
        every: Sequence[str] = self.tokenizer.decode_batch([[i] for i in range(size)])
        return tuple(every)

    @cached_property
    def line_ends(self) -> tuple[int, ...]:
        """The ids of tokens that end a line."""
        return tuple(i for i, text in enumerate(self.texts) if "\n" in text)

    @cached_property
    def white_space(self) -> frozenset[int]:
        """The ids of tokens of white space alone."""
        return frozenset(i for i, text in enumerate(self.texts) if text.isspace())

    def spelt_like(self, token: int) -> list[int]:
        """The ids of tokens with the same text as this one, white space around it apart."""
        wanted = self.texts[token].strip()
        return [i for i, text in enumerate(self.texts) if text.strip() == wanted]

    def starting_with(self, text: str) -> list[int]:
        """The ids of tokens whose text starts with `text`, which is not empty."""
        spelt = self._by_text
        first = bisect_left(spelt, (text, -1))
        last = bisect_right(spelt, (text + LAST_CHARACTER, -1))
        return [token for _, token in spelt[first:last]]

    def starts_a_token(self, text: str) -> bool:
        """Whether a token's text starts with `text`, which is not empty."""
        spelt = self._by_text
        first = bisect_left(spelt, (text, -1))
        return first < len(spelt) and spelt[first][0].startswith(text)

    def ending_with(self, text: str) -> list[int]:
        """The ids of tokens whose text ends with `text`, which is not empty."""
        return [token for token, own in enumerate(self.texts) if own.endswith(text)]

    def beginning(self, text: str) -> list[int]:
        """The ids of tokens that `text` begins with and goes on after."""
        return [token for end in range(1, len(text)) for token in self._ids_of.get(text[:end], ())]

    @cached_property
    def _ids_of(self) -> dict[str, list[int]]:
        ids: dict[str, list[int]] = {}
        for token, text in enumerate(self.texts):
            ids.setdefault(text, []).append(token)
        return ids

    @cached_property
    def _by_text(self) -> list[tuple[str, int]]:
        return sorted((text, token) for token, text in enumerate(self.texts))
