"""Mercury's edits: it is shown a file with a piece of it marked, and rewrites that piece.

It takes no instruction. No real one was met; the form is the one that several clients send, without
the history of edits, which is not known here.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from fillwright.engine.remote.adapters.chat import fenced
from fillwright.engine.remote.choices import end_of, first_choice, said_in_chat
from fillwright.engine.remote.question import Piece, Question, Server

PATH = "/v1/edit/completions"
UNNAMED = "file"


@dataclass
class MercuryEdit:
    """One model of Inception's that edits."""

    model: str
    name: str = "mercury-edit"
    gives_likelihoods: bool = False
    keeps_text_apart: bool = False

    async def complete(self, server: Server, question: Question) -> AsyncIterator[Piece]:
        """See `Adapter`. All of it is one piece; where nothing is to be changed, what stands
        there."""
        messages = [{"role": "user", "content": _message(question)}]
        body = {"model": self.model, "messages": messages, "stream": False}
        choice = first_choice(await server.ask(PATH, body))
        said = said_in_chat(choice)
        code, _ = fenced(said)
        yield Piece(code if said else question.replaced, None, end_of(choice.get("finish_reason")))


def _message(question: Question) -> str:
    viewed = "".join(
        "<|recently_viewed_code_snippet|>\n"
        f"code_snippet_file_path: {snippet.path}\n{snippet.text}\n"
        "<|/recently_viewed_code_snippet|>\n"
        for snippet in question.context
    )
    edited = f"<|code_to_edit|>{question.replaced}<|cursor|><|/code_to_edit|>"
    return (
        f"<|recently_viewed_code_snippets|>\n{viewed}<|/recently_viewed_code_snippets|>\n"
        f"<|current_file_content|>\ncurrent_file_path: {UNNAMED}\n"
        f"{question.prefix}{edited}{question.suffix}\n<|/current_file_content|>\n"
        "<|edit_diff_history|>\n<|/edit_diff_history|>\n"
    )
