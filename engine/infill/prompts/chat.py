"""The prompt of instruction-tuned models: a chat turn whose answer has already begun.

    <bos><|turn>user \n context, suffix, task <turn|> \n <|turn>model \n ```python \n prefix

What changes last stands last: the prefix is the model's own, unfinished answer, so that the canvas
continues code. DiffusionGemma's template is the one of July 2026, without an empty thought channel.
Knows token ids and text; knows nothing of canvases.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fillwright.engine.infill.prompts.sides import prefix_ids, suffix_ids
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.request import Snippet

BEGIN = "<bos>"
TURN = "<|turn>"
END_OF_TURN = "<turn|>"
END_OF_TEXT = "<eos>"
TASK = (
    "Continue the code of your answer exactly where it stops. Write only what is missing before "
    "the text that follows it, then end your turn."
)


@dataclass(frozen=True, slots=True)
class Turns:
    """How a family writes a conversation: names of special tokens, and what it calls the model.
    `begin` stands before all of it (None: nothing does)."""

    begin: str | None
    turn: str
    end_of_turn: str
    end_of_text: str
    model: str


GEMMA = Turns(BEGIN, TURN, END_OF_TURN, END_OF_TEXT, "model")
CHATML = Turns(None, "<|im_start|>", "<|im_end|>", "<|endoftext|>", "assistant")


@dataclass(frozen=True)
class ChatPrompt:
    """Token budgets bound the text on either side; the instruction and context come whole."""

    tokenizer: CodeTokenizer
    prefix_tokens: int = 6144
    suffix_tokens: int = 2048
    closing: str = "\n```"
    turns: Turns = GEMMA

    @property
    def end_marks(self) -> tuple[int, ...]:
        special = self.tokenizer.special
        return (special(self.turns.end_of_turn), special(self.turns.end_of_text))

    def ids(
        self,
        prefix: str,
        suffix: str,
        language: str,
        instruction: str | None = None,
        context: Sequence[Snippet] = (),
    ) -> list[int]:
        """Prompt ids; the canvas comes right after them."""
        special, encode = self.tokenizer.special, self.tokenizer.encode
        begin = [] if self.turns.begin is None else [special(self.turns.begin)]
        turn = [special(self.turns.turn)]
        newline = encode("\n")
        tail = suffix_ids(self.tokenizer, suffix, self.suffix_tokens)
        following = self.tokenizer.decode(tail)
        return [
            *begin,
            *turn,
            *encode("user"),
            *newline,
            *encode(task(following, language, instruction, context)),
            special(self.turns.end_of_turn),
            *newline,
            *turn,
            *encode(self.turns.model),
            *newline,
            *encode(f"```{language}\n"),
            *prefix_ids(self.tokenizer, prefix, self.prefix_tokens),
        ]


def task(following: str, language: str, instruction: str | None, context: Sequence[Snippet]) -> str:
    """What the user's turn says."""
    parts = [f"From {snippet.path}:\n```\n{snippet.text}\n```" for snippet in context]
    parts.append(f"The text that follows the missing part:\n```{language}\n{following}\n```")
    parts.append(TASK)
    if instruction:
        parts.append(f"What the missing part must do: {instruction}")
    return "\n\n".join(parts)
