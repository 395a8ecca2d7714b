"""OpenAI's chat completions, for what is asked in words: a selection to rewrite, a docstring.

The answer is the code of its first fenced block; what is said around that is dropped. vLLM,
llama.cpp, LM Studio, Ollama, Mistral and OpenAI offer it alike.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from fillwright.engine.remote.choices import end_of, first_choice, said_in_chat
from fillwright.engine.remote.question import Piece, Question, Server

PATH = "/v1/chat/completions"
FENCE = "```"
PLACE = "[HERE]"
TASK = (
    "You edit source code. Answer with one fenced code block that holds only the code that is to "
    f"stand in the place of {PLACE}: not the code before it, not the code after it."
)


@dataclass
class Chat:
    """One model that takes instructions."""

    model: str
    name: str = "chat"
    gives_likelihoods: bool = False
    keeps_text_apart: bool = False

    async def complete(self, server: Server, question: Question) -> AsyncIterator[Piece]:
        """See `Adapter`."""
        body = {
            "model": self.model,
            "messages": [
                {"role": "system", "content": TASK},
                {"role": "user", "content": _message(question)},
            ],
            # the fences, and what it says before them
            "max_tokens": question.tokens * 2 + 64,
            "temperature": question.temperature,
            "stream": True,
        }
        said, given = "", 0
        async with aclosing(server.events(PATH, body)) as events:
            async for event in events:
                choice = first_choice(event)
                said += said_in_chat(choice)
                end = end_of(choice.get("finish_reason"))
                code, is_closed = fenced(said)
                if is_closed or end is not None:
                    yield Piece(code[given:], None, end or "stop")
                    return
                # the last line may yet turn out to be the closing fence
                whole = code.rfind("\n")
                if whole > given:
                    yield Piece(code[given:whole])
                    given = whole


def fenced(said: str) -> tuple[str, bool]:
    """The code in the first fenced block, without its last line end, and whether it is closed."""
    start = said.find(FENCE)
    opened = said.find("\n", start)
    if start < 0 or opened < 0:
        return "", False
    code, closing, _ = said[opened + 1 :].partition(f"\n{FENCE}")
    if not closing and code.startswith(FENCE):
        return "", True
    return code, bool(closing)


def _message(question: Question) -> str:
    parts = [f"From {s.path}:\n{FENCE}\n{s.text}\n{FENCE}" for s in question.context]
    around = f"{question.prefix}{PLACE}{question.suffix}"
    parts.append(f"The file:\n{FENCE}{question.language}\n{around}\n{FENCE}")
    if question.replaced.strip():
        parts.append(f"{PLACE} is now:\n{FENCE}\n{question.replaced}\n{FENCE}")
    parts.append(f"What must stand there: {question.instruction}")
    return "\n\n".join(parts)
