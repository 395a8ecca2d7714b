"""Mistral's fill in the middle, as Codestral has it: asked like a completion, answered like a chat.

Knows the answer's JSON; the request is `openai`'s.
"""

from starlette.requests import Request
from starlette.responses import Response

from fillwright.engine.daemon.dialects import openai
from fillwright.engine.daemon.dialects.answering import DONE, event_stream, json_answer
from fillwright.engine.daemon.resident import Resident


async def fill_in_the_middle(resident: Resident, request: Request) -> Response:
    """Answer `/v1/fim/completions`."""
    body = await openai.read(request)
    completed = await openai.completion(resident, request, body)
    name = "delta" if body.stream else "message"
    choices = [
        {
            "index": index,
            name: {"role": "assistant", "content": choice.text},
            "finish_reason": choice.finish_reason,
        }
        for index, choice in enumerate(completed.choices)
    ]
    kind = "chat.completion.chunk" if body.stream else "chat.completion"
    answer = completed.head(kind) | {"choices": choices, "usage": completed.usage}
    return event_stream(answer, DONE) if body.stream else json_answer(answer)
