"""What an adapter is asked and what it gives: plain data, and the protocol itself."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from fillwright.engine.remote.choices import End
from fillwright.engine.request import Length, Snippet

Format = Literal["sse", "ndjson"]


@dataclass(frozen=True, slots=True)
class Question:
    """Write what stands between `prefix` and `suffix`: at most `tokens`, up to one of `stops`.

    `context` are pieces of other places, for those that have room for them. `number` counts the
    fills that are asked for at once; `steps` bounds those of a model that denoises, and `length` is
    how the first fill's is found there. Those that take instructions get one, and what stands in
    the hole now. `begun` is what a canvas of before says here, after what was typed since; a
    server with a canvas goes on from it.
    """

    prefix: str
    suffix: str
    tokens: int
    stops: tuple[str, ...] = ()
    temperature: float = 0.0
    seed: int = 0
    context: tuple[Snippet, ...] = ()
    language: str = ""
    number: int = 0
    steps: int | None = None
    length: Length = "auto"
    instruction: str = ""
    replaced: str = ""
    begun: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A further piece of the text, the log probability of each of its tokens where the server says
    them, and, with the last piece, why it ended. `agreed` is the share of the text after the hole
    that the model was given and would have written itself; 1 where it was given none. `length` is
    how the fill's was found."""

    text: str
    log_probabilities: tuple[float, ...] | None = None
    end: End | None = None
    agreed: float = 1.0
    length: Length = "end-mark"


@dataclass(frozen=True, slots=True)
class JointQuestion:
    """Write several holes at once, at most `tokens` each: `between[i]` stands between holes i and
    i + 1. The rest as in a `Question`."""

    prefix: str
    between: tuple[str, ...]
    suffix: str
    tokens: int
    seed: int = 0
    context: tuple[Snippet, ...] = ()
    language: str = ""
    steps: int | None = None


@dataclass(frozen=True, slots=True)
class JointAnswer:
    """The pieces of each hole, and the share of the text between that the model would have written
    itself."""

    holes: tuple[tuple[Piece, ...], ...]
    agreed: float


class Server(Protocol):
    """What adapters send through. Both raise `FillwrightError` with a sentence."""

    async def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The JSON of an answer; GET without a body."""

    def events(
        self, path: str, body: dict[str, Any], form: Format = "sse"
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The JSON objects of a stream; closing the generator closes the connection."""


class Adapter(Protocol):
    """One kind of server with one model. `gives_likelihoods`: it is asked for log probabilities
    and may give them. `keeps_text_apart`: text of the user never becomes a control token there."""

    name: str
    gives_likelihoods: bool
    keeps_text_apart: bool

    def complete(self, server: Server, question: Question) -> AsyncIterator[Piece]:
        """The text piece by piece; closing the generator ends the work."""


@runtime_checkable
class JointAdapter(Adapter, Protocol):
    """A kind of server with a canvas: it writes several holes in one request, and goes on from what
    a hole said before."""

    async def complete_jointly(self, server: Server, question: JointQuestion) -> JointAnswer | None:
        """Every hole; None where they are too many for one request."""
