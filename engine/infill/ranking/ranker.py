"""Chooses among candidates for one hole by what the model could not look at while it wrote them:
whether they parse where they stand and leave no names loose, and how well the file reads with them
in it.

Knows text, ids and the model; writes nothing itself.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from fillwright.engine.infill.hypotheses import Beams, Hypothesis, Sample
from fillwright.engine.infill.prefix_caches import PrefixCaches
from fillwright.engine.infill.prompts.small import plain_prefix
from fillwright.engine.infill.ranking.plausibility import Filled, Neighbourhood
from fillwright.engine.infill.ranking.rescoring import log_likelihoods
from fillwright.engine.infill.state import Ids, Task, Written
from fillwright.engine.infill.text.repetition import circle_start
from fillwright.engine.infill.text.seams import Seams, whole_lines
from fillwright.engine.infill.text.windows import WINDOW_CHARACTERS_PER_TOKEN
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.memory.gate import Mixture
from fillwright.engine.model import DiffusionGemma
from fillwright.engine.request import InfillRequest, Shape

WITHIN_NATS: Mapping[Shape, float] = {"line": 1.0, "free": 6.0, "block": 3.0}
"""An end so much less likely than the likeliest is not compared with it. A line must come fast."""
COMPARED = 8
LOOSE_END_NATS = 3.0
"""What a name that nothing binds, or that is bound for nothing, counts against an end."""
ECHO_NATS = 2.0
"""What a line that stands near as it is counts against an end."""
HEAD_TOKENS = 24
OWN_SHARE = 0.6
"""How much a candidate's own likelihood counts where the file is read as any text."""
END_SHARE = 0.3
"""How much the end of a block counts beside all that is before it, per token."""

Against = tuple[bool, int, bool, bool]


@dataclass(frozen=True, slots=True)
class Choice:
    """The draft that was chosen, by how many nats it is worth more than the next, and how many
    were near enough to it to be compared."""

    draft: Hypothesis
    margin: float
    near: int


@dataclass(frozen=True)
class Judge:
    """For one request of one hole; `caches` keep the file as plain text under a key of its own."""

    model: DiffusionGemma
    tokenizer: CodeTokenizer
    caches: PrefixCaches
    request: InfillRequest
    seams: Seams
    closing: str
    memory: Mixture | None = None
    _seen: dict[Ids, "_Seen"] = field(default_factory=dict)
    _texts: dict[Ids, str] = field(default_factory=dict)

    @property
    def within(self) -> float:
        return WITHIN_NATS[self.request.shape]

    def against(self, ids: Ids, ended: bool) -> Against:
        """What speaks against a candidate: nothing in it, for an empty fill is no fill; syntax
        faults; text that has to be cut away; no end."""
        seen = self._look(ids)
        return seen.is_empty, seen.filled.faults if seen.filled else 0, seen.is_cut, not ended

    def fines(self, candidates: Sequence[Ids]) -> list[float]:
        """What loose ends and an echo count against each candidate, nats, beside the one with the
        least."""
        filled = [self._look(ids).filled for ids in candidates]
        found = [LOOSE_END_NATS * f.loose_ends + ECHO_NATS * f.is_echo if f else 0 for f in filled]
        return [fine - min(found) for fine in found]

    def worth(self, beams: Sequence[Hypothesis]) -> list[float]:
        """How likely each candidate is, nats, less its fine."""
        fines = self.fines([beam.ids for beam in beams])
        return [beam.log_probability - fine for beam, fine in zip(beams, fines, strict=True)]

    def is_decided(self, beams: Beams) -> bool:
        """Whether an end with nothing against it is worth more than whatever might still come, by
        enough."""
        good = [beam for beam in beams.ended if not any(self.against(beam.ids, True))]
        enough = beams.live[0].log_probability + self.within
        # names are looked at only where that may decide: it takes longer than a parser
        if not good or good[0].log_probability < enough:
            return False
        return max(self.worth(good[:COMPARED])) >= enough

    def best(self, beams: Beams, cut_short: bool = False) -> Choice:
        """Of those with the least against them, the one that together with what stands behind the
        hole is worth the most. `cut_short`: they were not given the time to end."""
        every: Sequence[Hypothesis] = (*beams.ended, *beams.live)
        whole = self._whole(every) if cut_short else []
        every = whole or every
        against = {beam: self.against(beam.ids, beam.ended or bool(whole)) for beam in every}
        least = min(against.values())
        fair = [beam for beam in every if against[beam] == least]
        fair.sort(key=lambda beam: -beam.log_probability)
        fair = fair[:COMPARED]
        worth = self.worth(fair)
        near = [
            (value, beam)
            for value, beam in zip(worth, fair, strict=True)
            if beam.ids and value > max(worth) - self.within
        ]
        if len(near) < 2:
            return Choice(fair[worth.index(max(worth))], _margin(worth), len(near))
        reread = self.reread([beam.ids for _, beam in near])
        total = [value + more for (value, _), more in zip(near, reread, strict=True)]
        return Choice(near[total.index(max(total))][1], _margin(total), len(near))

    def says_the_same(self, one: Hypothesis, other: Hypothesis) -> bool:
        """Whether two drafts differ in their tokens or in white space at their ends only."""
        return self._text(one.ids).strip() == self._text(other.ids).strip()

    def adds_nothing(self, draft: Hypothesis) -> bool:
        """Whether a draft is what its hole must begin and end with, and no more."""
        return self._text(draft.ids) == self.seams.leads[0] + self.seams.ending

    def is_clean(self, draft: Hypothesis) -> bool:
        """Whether nothing at all speaks against a draft, and it has ended."""
        return draft.ended and not any(self._flaws(draft))

    def cleanest(self, samples: Sequence[Sample], cut_short: bool = False) -> Hypothesis:
        """Of the drafts, and of what each said before a further line, the one with the least
        against it and then the fewest loose ends, in which the model is surest of each token, and
        of the end. The likeliest as a whole would be a short one. `cut_short` as for `best`."""
        line_ends = frozenset(self.tokenizer.line_ends)
        every = [sample.draft for sample in samples]
        every += [cut for sample in samples for cut in sample.cuts(line_ends)]
        fair = (self._whole(every) if cut_short else []) or every
        return min(fair, key=lambda draft: (*self._flaws(draft), -_sureness(draft)))

    def _whole(self, drafts: Sequence[Hypothesis]) -> list[Hypothesis]:
        """Those that have ended, and the whole lines of the others, where they have any."""
        whole = dict.fromkeys(draft for draft in drafts if draft.ended)
        for draft in drafts:
            ends = [place for place, i in enumerate(draft.ids) if i in self.tokenizer.line_ends]
            last = ends[-1] + 1 if ends and not draft.ended else 0
            if whole_lines(self._text(draft.ids[:last])):
                whole[Hypothesis(draft.ids[:last], draft.log_probabilities[:last])] = None
        return list(whole)

    def _flaws(self, draft: Hypothesis) -> tuple[bool, int, bool, bool, int]:
        filled = self._look(draft.ids).filled
        return *self.against(draft.ids, draft.ended), filled.loose_ends if filled else 0

    def has_left(self, ids: Ids) -> bool:
        """Whether a draft goes on behind the end of its block, so that has ended."""
        text = self._text(ids)
        return self.seams.block_end(text) < len(text)

    def is_stuck(self, ids: Ids) -> bool:
        """Whether a draft runs in circles."""
        text = self._text(ids)
        return circle_start(text) < len(text)

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
        scores = zip(ahead, self.reread(both), self.fines(both), strict=True)
        total = [float(first.sum()) + second - fine for first, second, fine in scores]
        draft, other = (self.against(ids, True) for ids in both)
        is_worse = (draft, -total[0]) <= (other, -total[1])
        return replace(drafted if is_worse else denoised, passes=denoised.passes + 1, steps_left=0)

    def reread(self, candidates: Sequence[Ids]) -> list[float]:
        """A second opinion on each candidate, nats: the file read as any text, how likely the
        candidate is and how likely it makes what stands behind the hole.

        The two added up are the noisy channel's score (Brown et al. 1993) for what the draft's own
        likelihood estimates too; together they err less than either.
        """
        suffix = self.seams.suffix[: HEAD_TOKENS * WINDOW_CHARACTERS_PER_TOKEN]
        head = self.tokenizer.encode(suffix)[:HEAD_TOKENS] if suffix.strip() else []
        key = f"{self.request.document_key}, as plain text"
        *before, last = plain_prefix(self.tokenizer, self.seams.prefix)
        prefix, _ = self.caches.holding(key, before)
        known = [[last]] * len(candidates)
        said = [[*ids, *head] for ids in candidates]
        own = [len(ids) for ids in candidates]
        read = log_likelihoods(
            self.model, prefix, known, said, (self.memory, own) if self.memory else None
        )
        return [
            float(OWN_SHARE * logs[: len(ids)].sum() + logs[len(ids) :].sum())
            for logs, ids in zip(read, candidates, strict=True)
        ]

    @cached_property
    def _around(self) -> Neighbourhood:
        request = self.request
        return Neighbourhood.of(request.document, request.holes[0], request.language)

    def _text(self, ids: Ids) -> str:
        if ids not in self._texts:
            self._texts[ids] = self.tokenizer.decode(ids)
        return self._texts[ids]

    def _look(self, ids: Ids) -> "_Seen":
        if ids not in self._seen:
            text = self._text(ids)
            (kept,) = self.seams.fitting([text], self.closing)
            fill = text[kept.start : kept.stop]
            own = text[: self.seams.block_end(text)].rstrip()
            is_cut = kept.stop + len(self.seams.ending) < len(own)
            self._seen[ids] = _Seen(not fill.strip(), is_cut, self._around.with_fill(fill))
        return self._seen[ids]


def _margin(worth: Sequence[float]) -> float:
    """Of the best to the next, nats; infinite for one alone."""
    best, *others = sorted(worth, reverse=True)
    return best - max(others, default=-math.inf)


def _sureness(draft: Hypothesis) -> float:
    """Nats per token, and a share of those of the end."""
    said = draft.log_probabilities[: len(draft.ids)]
    end = sum(draft.log_probabilities[len(draft.ids) :])
    return sum(said) / max(1, len(said)) + END_SHARE * end


@dataclass(frozen=True, slots=True)
class _Seen:
    """A candidate as it would stand in the document; `filled` is None without a grammar."""

    is_empty: bool
    is_cut: bool
    filled: Filled | None
