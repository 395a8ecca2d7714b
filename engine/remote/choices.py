"""What a chunk says in OpenAI's forms, which several kinds of servers share. Knows no server."""

from typing import Any, Literal

End = Literal["stop", "length"]


def first_choice(event: dict[str, Any]) -> dict[str, Any]:
    """The chunk's first choice; empty where it has none."""
    choices = event.get("choices")
    if not choices or not isinstance(choices, list) or not isinstance(choices[0], dict):
        return {}
    choice: dict[str, Any] = choices[0]
    return choice


def said_in_chat(choice: dict[str, Any]) -> str:
    """The text of a choice in the form of chats; not streamed, a whole message comes."""
    said = choice.get("delta") or choice.get("message") or {}
    content = said.get("content")
    return content if isinstance(content, str) else ""


def end_of(reason: Any) -> End | None:
    """Why a text ended, by the server's reason; None where it goes on."""
    if reason is None:
        return None
    return "length" if reason == "length" else "stop"
