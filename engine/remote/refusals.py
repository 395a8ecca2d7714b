"""What an answer that is no success means for the user, in one sentence each."""

import json
import re
from dataclasses import dataclass

from fillwright.engine.errors import EngineFailed, FillwrightError
from fillwright.engine.remote.settings import RemoteSettings

LONGEST_REASON = 160
NOT_OFFERED = 501
TOO_LONG = re.compile(r"context (size|length|window)|input_tokens|too (long|many tokens)")


class RefusedError(EngineFailed):
    """The server does not take the request as it is; `status` is HTTP's, `reason` its own words."""

    def __init__(self, sentence: str, status: int = 400, reason: str = "") -> None:
        super().__init__(sentence)
        self.status = status
        self.reason = reason

    @property
    def is_too_long(self) -> bool:
        """Whether the prompt was longer than the model's context."""
        return TOO_LONG.search(self.reason.lower()) is not None


@dataclass(frozen=True, slots=True)
class Refusals:
    """Sentences about one server."""

    settings: RemoteSettings
    host: str

    def of(self, status: int, path: str, body: bytes) -> FillwrightError:
        """The error for a status that is not 200, where the body says what it will."""
        reason = reason_in(body)
        if status in (401, 403):
            return RefusedError(self._key(), status, reason)
        if status == 404:
            about = f" ({reason})" if reason else ""
            return RefusedError(
                f"The engine at {self.host} does not know {path} or the model{about}; "
                "`fillwright engine probe` says what it has.",
                status,
                reason,
            )
        if 300 <= status < 400:
            return RefusedError(
                f"The engine at {self.host} sends on to another address, which you have not "
                "named; set fillwright.engine.url to that.",
                status,
            )
        told = f": {_ended(reason)}" if reason else "."
        if status < 500 or status == NOT_OFFERED:
            return RefusedError(
                f"The engine at {self.host} refuses the request ({status}){told}", status, reason
            )
        return EngineFailed(f"The engine at {self.host} failed ({status}){told}")

    def of_body(self, what: str) -> FillwrightError:
        """The error for a body that cannot be used; `what` says what the server did."""
        return EngineFailed(
            f"The engine at {self.host} {what}; look whether fillwright.engine.url is right."
        )

    def of_event(self, error: object) -> FillwrightError:
        """The error that a server sent in the middle of its answer."""
        reason = _ended(_reason(error) or "it failed")
        return EngineFailed(f"The engine at {self.host} stopped in the middle: {reason}")

    def _key(self) -> str:
        if self.settings.key_variable is None:
            return (
                f"The engine at {self.host} wants a key; put it into an environment variable and "
                "name that in fillwright.engine.keyVariable."
            )
        return (
            f"The engine at {self.host} does not take the key in {self.settings.key_variable}; "
            "set another one and run `fillwright engine stop`."
        )


def reason_in(body: bytes) -> str:
    """What a server says of itself in the body of a refusal, as a line for a person; "" where that
    is nothing."""
    try:
        said = json.loads(body.decode())
    except (ValueError, RecursionError):
        return ""
    if isinstance(said, dict):
        said = said.get("error", said.get("detail", said.get("message")))
    return _reason(said)


def _ended(line: str) -> str:
    return line if line.endswith((".", "!", "?")) else f"{line}."


def _reason(said: object) -> str:
    if isinstance(said, dict):
        said = said.get("message")
    if not isinstance(said, str):
        return ""
    line = "".join(c if c.isprintable() else " " for c in said).strip()
    return line if len(line) <= LONGEST_REASON else line[:LONGEST_REASON] + " ..."
