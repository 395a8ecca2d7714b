"""Who shares a daemon that serves other machines: a token each, and how much each may ask.

Knows nothing of HTTP or of what is asked. Nobody has a name here: what counters and queues tell
users apart by is a hash of their token.
"""

import hashlib
from dataclasses import dataclass

from fillwright.engine.errors import BadRequest

TOKEN_CHARACTERS = 16
ID_CHARACTERS = 8


@dataclass(frozen=True, slots=True)
class User:
    """A person with a token, and how many requests a minute that is good for (None: any number).

    Raises `BadRequest` for a token that could be guessed.
    """

    token: str
    per_minute: int | None = None

    def __post_init__(self) -> None:
        if len(self.token) < TOKEN_CHARACTERS or not self.token.isascii():
            raise BadRequest(f"A token must have at least {TOKEN_CHARACTERS} ASCII characters.")
        if self.per_minute is not None and self.per_minute < 1:
            raise BadRequest("A token must be good for at least 1 request a minute.")

    @property
    def id(self) -> str:
        """The first characters of the token's SHA-256, in hexadecimal."""
        return hashlib.sha256(self.token.encode()).hexdigest()[:ID_CHARACTERS]


class Allowance:
    """How many requests a user may still make: at most `per_minute` at once, and then as they come
    back, evenly over a minute. `now` is in seconds, of any clock that only goes forward."""

    def __init__(self, per_minute: int | None, now: float) -> None:
        self._per_minute = per_minute
        self._left = float(per_minute or 0)
        self._since = now

    def take(self, now: float) -> float:
        """Make one request. Gives 0 where that is allowed, else the seconds until it will be."""
        if self._per_minute is None:
            return 0
        a_second = self._per_minute / 60
        self._left = min(self._per_minute, self._left + (now - self._since) * a_second)
        self._since = now
        if self._left < 1:
            return (1 - self._left) / a_second
        self._left -= 1
        return 0


def users_in(text: str) -> tuple[User, ...]:
    """The users of a file: on each line a token and, after a blank, its requests a minute; lines
    that begin with `#` say what they like. Raises `BadRequest` for a line of another form."""
    users = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        token, *rest = line.split()
        if len(rest) > 1 or not all(limit.isdecimal() for limit in rest):
            raise BadRequest(
                f"Line {number} of the tokens must be a token, and how many requests a minute it "
                "is good for, if that is limited."
            )
        users.append(User(token, *(int(limit) for limit in rest)))
    return tuple(users)
