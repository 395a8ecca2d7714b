"""Chooses among candidates for one hole by what the model could not look at while it wrote them:
whether they parse where they stand, and how well the text behind goes on from them.

Knows text, ids and the model; writes nothing itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from fillwright.engine.infill.beams import Beams, Hypothesis
from fillwright.engine.infill.likelihood import log_likelihoods
from fillwright.engine.infill.plausible import faults_with
from fillwright.engine.infill.prefix_caches import PrefixCaches
from fillwright.engine.infill.prompt import WINDOW_CHARACTERS_PER_TOKEN, plain_prefix
from fillwright.engine.infill.seams import Seams
from fillwright.engine.infill.tokenizer import CodeTokenizer
from fillwright.engine.infill.written import Ids, Task, Written
from fillwright.engine.model import DiffusionGemma
from fillwright.engine.request import InfillRequest, Shape

WITHIN_NATS: Mapping[Shape, float] = {"line": 1.0, "free": 3.0, "block": 3.0}
"""An end so much less likely than the likeliest is not compared with it. A line must come fast."""
COMPARED = 8
HEAD_TOKENS = 24

Against = tuple[bool, int, bool, bool]


@dataclass(frozen=True)
class Judge:
    """For one request of one hole; `caches` keep the file as plain text under a key of its own."""

    model: DiffusionGemma
    tokenizer: CodeTokenizer
    caches: PrefixCaches
    request: InfillRequest
    seams: Seams
    closing: str
    _faults: dict[Ids, tuple[bool, int, bool]] = field(default_factory=dict)

    @property
    def within(self) -> float:
        return WITHIN_NATS[self.request.shape]

    def against(self, ids: Ids, ended: bool) -> Against:
        """What speaks against a candidate: nothing in it, for an empty fill is no fill; syntax
        faults; text that has to be cut away; no end."""
        if ids not in self._faults:
            text = self.tokenizer.spell(ids).text
            (kept,) = self.seams.fitting([text], self.closing)
            fill = text[kept.start : kept.stop]
            request = self.request
            wrong = faults_with(request.document, request.holes[0], fill, request.language)
            self._faults[ids] = (not fill.strip(), wrong, kept.stop < len(text.rstrip()))
        return (*self._faults[ids], not ended)

    def is_decided(self, beams: Beams) -> bool:
        """Whether an end with nothing against it is likelier than whatever might still come, by
        enough."""
        good = (beam for beam in beams.ended if not any(self.against(beam.ids, True)))
        first = next(good, None)
        return first is not None and (
            first.log_probability - self.within >= beams.live[0].log_probability
        )

    def best(self, beams: Beams) -> Hypothesis:
        """Of those with the least against them, the one that together with what stands behind the
        hole is the likeliest."""
        every = (*beams.ended, *beams.live)
        least = min(self.against(beam.ids, beam.ended) for beam in every)
        fair = [beam for beam in every if self.against(beam.ids, beam.ended) == least]
        fair.sort(key=lambda beam: -beam.log_probability)
        likely = fair[0].log_probability - self.within
        near = [beam for beam in fair[:COMPARED] if beam.ids and beam.log_probability > likely]
        if len(near) < 2:
            return fair[0]
        behind = self.hindsight([beam.ids for beam in near])
        total = [beam.log_probability + more for beam, more in zip(near, behind, strict=True)]
        return near[total.index(max(total))]

    def better(self, drafted: Written, denoised: Written, task: Task) -> Written:
        """What denoising made of the draft of one hole, unless the model itself finds the draft
        better: it must not be the worse for having been looked at again."""
        both = [drafted.holes[0], denoised.holes[0]]
        if len(drafted.holes) > 1 or both[0] == both[1] or not all(both):
            return denoised
        task.cache.truncate(task.prompt_cached)
        known = [task.prompt[-1:]] * 2
        ahead = log_likelihoods(
            self.model, task.cache, known, [[*ids, *task.end_marks[:1]] for ids in both]
        )
        if task.cancelled():
            return denoised
        total = [a + b for a, b in zip(ahead, self.hindsight(both), strict=True)]
        draft, other = (self.against(ids, True) for ids in both)
        is_worse = (draft, -total[0]) <= (other, -total[1])
        return replace(drafted if is_worse else denoised, passes=denoised.passes + 1, steps_left=0)

    def hindsight(self, candidates: Sequence[Ids]) -> list[float]:
        """How likely each candidate makes what stands behind the hole, the file read as any text,
        nats; 0 where nothing stands there."""
        suffix = self.seams.suffix[: HEAD_TOKENS * WINDOW_CHARACTERS_PER_TOKEN]
        if not suffix.strip():
            return [0.0] * len(candidates)
        head = self.tokenizer.encode(suffix)[:HEAD_TOKENS]
        key = f"{self.request.document_key}, as plain text"
        prefix, _ = self.caches.holding(key, plain_prefix(self.tokenizer, self.seams.prefix))
        return log_likelihoods(self.model, prefix, candidates, [head] * len(candidates))
