"""The arms of a comparison: ways to answer the same questions, with one model or with none.

Knows the engine; knows no benchmark.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal, cast, get_args

from fillwright.engine.evaluation.question import Question
from fillwright.engine.request import Decode, Infill, Length

if TYPE_CHECKING:
    from fillwright.engine.filling import Engine

Baseline = Literal["gold", "empty"]
ALIASES: dict[str, Decode] = {
    "diffusion": "denoise",
    "ar": "draft",
    "ar+diffusion": "draft+denoise",
}
DECODES = (*get_args(Decode), *ALIASES, *get_args(Baseline))


@dataclass(frozen=True, slots=True)
class Arm:
    """`decode` and `length` in the engine's words, or a baseline. `steps` per canvas at most;
    None is the checkpoint's own. Neither means anything to a draft or a baseline. `parses`: the
    request has that constraint."""

    decode: Decode | Baseline
    steps: int | None = None
    length: Length = "auto"
    parses: bool = False

    @property
    def name(self) -> str:
        parts = [self.decode, str(self.steps or ""), self.length.replace("auto", "")]
        parts.append("parses" if self.parses else "")
        return " ".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class Answer:
    """A fill and its price: model passes over a drafted token or a canvas (prefill apart), and
    milliseconds from request to fill. `confidences` are its tokens'. `unmet`: the
    engine says that it does not meet the arm's constraint."""

    fill: str
    confidences: tuple[float, ...] = ()
    tokens: int = 0
    forwards: int = 0
    ms: float = 0.0
    unmet: bool = False


def arms_of(
    decodes: Iterable[str],
    steps: Sequence[int | None],
    lengths: Sequence[Length],
    constraints: Sequence[bool] = (False,),
) -> list[Arm]:
    """Every decode with every number of steps, every length strategy and, as `constraints` say,
    without and with having to parse, each arm once."""
    arms: dict[Arm, None] = {}
    for name in decodes:
        decode = cast(Decode | Baseline, ALIASES.get(name, name))
        if decode in get_args(Baseline):
            arms[Arm(decode)] = None
            continue
        if decode == "draft":
            arms |= {Arm(decode, parses=parses): None for parses in constraints}
            continue
        for number, length, parses in product(steps, lengths, constraints):
            arms[Arm(decode, number, length, parses)] = None
    return list(arms)


def answer(
    question: Question,
    arm: Arm,
    infiller: Callable[[], "Engine"],
    tokens: int | None,
    seed: int,
) -> Answer:
    """Fill the question's hole; `infiller` is asked for only by an arm that needs a model."""
    if arm.decode == "gold":
        return Answer(question.gold)
    if arm.decode == "empty":
        return Answer("")
    request = question.request(
        decode=arm.decode,
        length=arm.length,
        steps=arm.steps,
        tokens=tokens,
        seed=seed,
        parses=arm.parses,
    )
    *_, fill = infiller().infill(request, lambda: False)
    assert isinstance(fill, Infill)
    return Answer(
        fill.texts[0],
        tuple(round(sure, 4) for sure in fill.confidences[0]),
        fill.tokens,
        fill.steps,
        round(fill.timings_ms["total"], 1),
        fill.finish == "unmet",
    )
