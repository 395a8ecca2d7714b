"""How one candidate is written: what the request leaves open, the checkpoint has decided.

Knows names of strategies and numbers; knows no model and no text.
"""

from dataclasses import dataclass
from typing import Literal

from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.engine.request import Decode, Length

Drafting = Literal["beams", "samples", "alone"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Of one candidate; `decode` and `length` are never `auto`.

    `must_denoise`: the request asks for it by name, so a draft alone will not do. `unasked`:
    nobody waits for the fill, which may end where nothing seems to be missing. `drafting` is how
    a causal draft is made: the best of several by beams or of samples, or one alone, at
    `temperature`. `settings` are those of the loop, with the candidate's steps and end marks.
    `tokens` bounds each hole, and `seed` is the candidate's own.
    """

    decode: Decode
    must_denoise: bool
    unasked: bool
    drafting: Drafting
    length: Length
    temperature: float
    settings: DenoiseSettings
    tokens: int
    seed: int

    @property
    def end_marks(self) -> tuple[int, ...]:
        """Each of these tokens ends a hole."""
        return self.settings.end_marks

    @property
    def chooses(self) -> bool:
        """Whether the draft is the best of several."""
        return self.drafting != "alone"
