"""The JSON forms of what travels between client and daemon, for both sides.

Knows nothing of HTTP, sockets or models. JSON is ASCII, so a document with lone surrogates
survives the trip.
"""

import json
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from fillwright.engine import errors
from fillwright.engine.errors import BadRequest, EngineFailed, FillwrightError
from fillwright.engine.request import Doubts, Draft, Infill, Ranking, WorkspaceMemory
from fillwright.engine.strict_json import strict_converter

Boundary = TypeVar("Boundary")
Event = Draft | Infill | Doubts | FillwrightError
Status = Literal["stopped", "loading", "ready", "failed"]

_CONVERTER = strict_converter()


@dataclass(frozen=True, slots=True)
class Health:
    """How the daemon is: `fraction` of the model that is loaded, `reason` of a failure, or
    what is to be known of a model that is ready, and its name, device, how many tokens of text it
    sees and the ids of the languages that it has learnt (None for all), once they are known.
    `instructions`: it does what it is told in words. `remembers`: it takes the user's own code into
    account, None while that is not known; `remembered` is how much it has in memory, and
    `to_remember` files wait to be taken into it. `doubts_by` is what it ranks tokens by to find
    unlikely places, None where it finds none. `calibrated`: somebody has counted how often its
    fills are right when it is so sure; None where it never says how sure. `adapter` is the folder
    of the one that the last fill was made with. A stopped daemon has no `pid`."""

    status: Status
    fraction: float = 0.0
    reason: str | None = None
    model: str | None = None
    device: str | None = None
    pid: int | None = None
    languages: tuple[str, ...] | None = None
    context_tokens: int | None = None
    instructions: bool | None = None
    remembers: bool | None = None
    doubts_by: Ranking | None = None
    calibrated: bool | None = None
    remembered: tuple[WorkspaceMemory, ...] = ()
    to_remember: int = 0
    adapter: str = ""

    @property
    def unsorted(self) -> int:
        """How many files in memory have no say yet."""
        return sum(each.unsorted for each in self.remembered)


def to_json(value: object) -> str:
    """The JSON text of a boundary dataclass."""
    return json.dumps(_CONVERTER.unstructure(value))


def from_json(text: str | bytes, kind: type[Boundary]) -> Boundary:
    """The boundary dataclass in a JSON text. Raises `BadRequest` with a sentence."""
    return from_plain(parse_json(text), kind)


def parse_json(text: str | bytes) -> Any:
    """The plain data in a JSON text. Raises `BadRequest` with a sentence."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The request is not JSON: {error}.") from error


def from_plain(data: object, kind: type[Boundary]) -> Boundary:
    """The boundary dataclass in plain data. Raises `BadRequest` with a sentence."""
    if not isinstance(data, dict):
        raise BadRequest("The request must be a JSON object.")
    try:
        return _CONVERTER.structure(data, kind)
    except KeyError as error:
        raise BadRequest(f"The request lacks {error}.") from error
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise BadRequest(f"The request cannot be used: {error}.") from error


def event_name(event: Event) -> str:
    """`draft`, `infill`, `doubts` or `error`: the name of the event on the wire."""
    return "error" if isinstance(event, FillwrightError) else type(event).__name__.lower()


def event_to_json(event: Event) -> str:
    """The JSON text of a draft, a fill, doubts, or an error (its type's name and sentence)."""
    if isinstance(event, FillwrightError):
        return json.dumps({"type": type(event).__name__, "message": str(event)})
    return to_json(event)


def event_from_json(name: str, text: str) -> Event:
    """The event that `event_to_json` wrote under `name`. Raises `EngineFailed` for other names."""
    match name:
        case "draft":
            return from_json(text, Draft)
        case "infill":
            return from_json(text, Infill)
        case "doubts":
            return from_json(text, Doubts)
        case "error":
            return error_from_plain(parse_json(text))
    raise EngineFailed(f"The engine sent an event that this client does not know: {name}.")


def error_from_plain(data: dict[str, str]) -> FillwrightError:
    """The error named by its type; an unknown type becomes `EngineFailed`."""
    kind = getattr(errors, data.get("type", ""), None)
    if not (isinstance(kind, type) and issubclass(kind, FillwrightError)):
        kind = EngineFailed
    return kind(data.get("message", "The engine failed and did not say why."))
