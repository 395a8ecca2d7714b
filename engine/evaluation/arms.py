"""The arms of a comparison: ways to answer the same questions, with one model or with none.

Knows the engine; knows no benchmark.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from fillwright.engine.evaluation.question import Question
from fillwright.engine.infill.fill import Infiller
from fillwright.engine.request import Decode, Infill

Baseline = Literal["gold", "empty"]
ALIASES: dict[str, Decode] = {
    "diffusion": "denoise",
    "ar": "draft",
    "ar+diffusion": "draft+denoise",
}
DECODES = (*get_args(Decode), *ALIASES, *get_args(Baseline))


@dataclass(frozen=True, slots=True)
class Arm:
    """`decode` in the engine's words, or a baseline. `steps` per canvas at most (None: the
    checkpoint's own, or not applicable)."""

    decode: Decode | Baseline
    steps: int | None = None

    @property
    def name(self) -> str:
        return self.decode if self.steps is None else f"{self.decode} {self.steps}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A fill and its price: model passes over a drafted token or a canvas (prefill apart), and
    milliseconds from request to fill. `confidences` are its tokens'."""

    fill: str
    confidences: tuple[float, ...] = ()
    tokens: int = 0
    forwards: int = 0
    ms: float = 0.0


def arms_of(decodes: Iterable[str], steps: Sequence[int | None]) -> list[Arm]:
    """Every decode with every number of steps, each arm once; a draft and the baselines take no
    steps."""
    arms: dict[Arm, None] = {}
    for name in decodes:
        decode = cast(Decode | Baseline, ALIASES.get(name, name))
        stepless = decode in ("draft", *get_args(Baseline))
        for number in [None] if stepless else steps:
            arms[Arm(decode, number)] = None
    return list(arms)


def answer(
    question: Question,
    arm: Arm,
    infiller: Callable[[], Infiller],
    tokens: int | None,
    seed: int,
) -> Answer:
    """Fill the question's hole; `infiller` is asked for only by an arm that needs a model."""
    if arm.decode == "gold":
        return Answer(question.gold)
    if arm.decode == "empty":
        return Answer("")
    request = question.request(arm.decode, arm.steps, tokens, seed)
    *_, fill = infiller().infill(request, lambda: False)
    assert isinstance(fill, Infill)
    return Answer(
        fill.texts[0],
        tuple(round(sure, 4) for sure in fill.confidences[0]),
        fill.tokens,
        fill.steps,
        round(fill.timings_ms["total"], 1),
    )
