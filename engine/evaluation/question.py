"""What an evaluation asks and what it keeps of an answer: frozen data that every part shares.

Knows the engine's requests; knows no benchmark, no model and no files.
"""

from dataclasses import dataclass

from fillwright.engine.evaluation.sandbox import Verdict
from fillwright.engine.request import Budget, Constraint, Decode, Hole, InfillRequest, Length, Shape

TOKENS = {"line": 64, "block": 128, "free": 128}
"""Free tokens by shape, where the caller does not say."""


@dataclass(frozen=True, slots=True)
class Question:
    """A hole between `prefix` and `suffix` and the text that was taken out of it.

    `group` names what questions have in common that makes them alike (their function, their
    file); confidence intervals are clustered by it. `kind` is what the hole holds.
    """

    name: str
    group: str
    kind: str
    language: str
    prefix: str
    gold: str
    suffix: str
    shape: Shape

    def filled(self, fill: str) -> str:
        return self.prefix + fill + self.suffix

    def request(
        self,
        *,
        decode: Decode = "auto",
        length: Length = "auto",
        steps: int | None = None,
        tokens: int | None = None,
        seed: int = 0,
        parses: bool = False,
    ) -> InfillRequest:
        """What an editor would send: the document without the hole's text. No document key, so
        that nothing is left from the question before."""
        at = len(self.prefix)
        return InfillRequest(
            self.prefix + self.suffix,
            (Hole(at, at),),
            self.language,
            shape=self.shape,
            budget=Budget(tokens=tokens or TOKENS[self.shape], steps=steps),
            seed=seed,
            decode=decode,
            length=length,
            constraint=Constraint("parses" if parses else "none"),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a judge says of a fill. `verdict` is of its tests, None where there are none;
    `identifiers` how many there are in the fill, `resolved` how many of them occur around it."""

    parses: bool
    verdict: Verdict | None = None
    identifiers: int | None = None
    resolved: int | None = None
