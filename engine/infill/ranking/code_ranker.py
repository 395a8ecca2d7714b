"""Ranks candidates for one hole by what the model could not look at while it wrote them.

That is syntax errors, undefined or unused names, duplicated nearby lines, and how likely the file
is with them.

Knows text, ids and the model; writes nothing itself.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice, takewhile
from typing import NamedTuple

from fillwright.engine.infill.hypotheses import Beams, Hypothesis, Sample
from fillwright.engine.infill.prefix_caches import PrefixCaches
from fillwright.engine.infill.prompts.small import plain_prefix
from fillwright.engine.infill.ranking.plausibility import Filled, Neighbourhood
from fillwright.engine.infill.ranking.ranker import Choice
from fillwright.engine.infill.ranking.rescoring import log_likelihoods
from fillwright.engine.infill.state import Ids, Task, Written
from fillwright.engine.infill.text.repetition import repetition_start
from fillwright.engine.infill.text.seams import Seams, whole_lines
from fillwright.engine.infill.text.windows import WINDOW_CHARACTERS_PER_TOKEN
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.memory.gate import Mixture
from fillwright.engine.model.interface import Model
from fillwright.engine.request import InfillRequest, Shape

# tuned on the development split; names in quotes are paragraphs of docs/measurements-log.md
MAX_NATS_BELOW: Mapping[Shape, float] = {"line": 1.0, "free": 6.0, "block": 3.0}
"""An end so much less likely than the most likely one is not compared with it: "Choosing by
hindsight" and "Half words". A line must come fast."""
NATS_AHEAD: Mapping[Shape, float] = {"line": 0.0, "free": 6.0, "block": 3.0}
"""An end so much likelier than the most likely beginning decides: "A cheaper search"."""
MAX_RESCORED = 8
"""How many ends are compared at most; set by hand for the time of a line."""
UNDEFINED_NAME_PENALTY = 3.0
"""Nats for each name that nothing binds, or that is bound for nothing: "Loose names"."""
DUPLICATE_LINE_PENALTY = 2.0
"""Nats for a line that stands near as it is: "An echo"."""
SUFFIX_TOKENS_RESCORED = 24
"""How much of the text after the hole is read: "Choosing by hindsight"; 64 were worse."""
OWN_LIKELIHOOD_WEIGHT = 0.6
"""How much a candidate's own likelihood counts where the file is read as any text: "A second
opinion"."""
END_WEIGHT = 0.3
"""How much the end of a block counts beside all that is before it, per token; set by hand."""


class Defects(NamedTuple):
    """What is wrong with a candidate, in the order in which it counts. An empty fill is never
    useful, nor is a block that is a stub; `is_cut` is one of whose text a part has to go."""

    is_nothing: bool
    syntax_faults: int
    is_cut: bool
    has_no_end: bool


@dataclass(frozen=True)
class CodeRanker:
    """A Ranker for one request; where it compares, the request has one hole.

    `caches` keep the file as plain text under a key of its own. `closing` is the prompt's, and
    `memory` has a say in the likelihoods. Nothing more is read once there is no `time_left`.
    """

    model: Model
    tokenizer: CodeTokenizer
    caches: PrefixCaches
    request: InfillRequest
    seams: Seams
    closing: str
    memory: Mixture | None = None
    time_left: Callable[[], bool] = lambda: True
    _inspected: dict[Ids, "_Inspection"] = field(default_factory=dict)
    _texts: dict[Ids, str] = field(default_factory=dict)

    @property
    def max_nats_below(self) -> float:
        return MAX_NATS_BELOW[self.request.shape]

    def defects(self, ids: Ids, ended: bool) -> Defects:
        """Of a candidate, the least being the best."""
        found = self._inspect(ids)
        faults = found.filled.faults if found.filled else 0
        is_stub = self.request.shape == "block" and bool(found.filled and found.filled.is_stub)
        return Defects(found.is_empty or is_stub, faults, found.is_cut, not ended)

    def penalties(self, candidates: Sequence[Ids]) -> list[float]:
        """What names and duplicated lines cost each candidate, nats, beside the one they cost the
        least."""
        filled = [self._inspect(ids).filled for ids in candidates]
        found = [
            UNDEFINED_NAME_PENALTY * each.name_faults
            + DUPLICATE_LINE_PENALTY * each.duplicates_a_line
            if each
            else 0
            for each in filled
        ]
        return [penalty - min(found) for penalty in found]

    def scores(self, beams: Sequence[Hypothesis]) -> list[float]:
        """How likely each candidate is, nats, less its penalty."""
        penalties = self.penalties([beam.ids for beam in beams])
        return [beam.log_probability - cost for beam, cost in zip(beams, penalties, strict=True)]

    def is_decided(self, beams: Beams) -> bool:
        """Whether an end without defects scores higher, by enough, than whatever might come."""
        enough = beams.live[0].log_probability + NATS_AHEAD[self.request.shape]
        likely = takewhile(lambda beam: beam.log_probability >= enough, beams.ended)
        # a parser takes long, and names take longer: they are looked at where that may decide
        if not any(map(self._has_no_defects, likely)):
            return False
        good = islice(filter(self._has_no_defects, beams.ended), MAX_RESCORED)
        return max(self.scores(list(good))) >= enough

    def _has_no_defects(self, end: Hypothesis) -> bool:
        return not any(self.defects(end.ids, True))

    def best(self, beams: Beams, cut_short: bool = False) -> Choice:
        """Of those with the fewest defects, the one that has the highest score together with the
        text after the hole. `cut_short`: they were not given the time to end."""
        every = [*beams.ended, *beams.live]
        whole = self._whole(every) if cut_short else []
        every = sorted(whole or every, key=lambda beam: -beam.log_probability)
        ends = [beam for beam in every if beam.ended or whole]
        good = list(islice(filter(self._has_no_defects, ends), MAX_RESCORED))
        if not good:
            defects = [self.defects(beam.ids, beam.ended or bool(whole)) for beam in every]
            fewest = min(defects)
            pairs = zip(every, defects, strict=True)
            good = [beam for beam, found in pairs if found == fewest][:MAX_RESCORED]
        scores = self.scores(good)
        near = [
            (score, beam)
            for score, beam in zip(scores, good, strict=True)
            if beam.ids and score > max(scores) - self.max_nats_below
        ]
        if len(near) < 2 or not self.time_left():
            return Choice(good[scores.index(max(scores))], _margin(scores), len(near))
        rescored = self.rescore([beam.ids for _, beam in near])
        total = [score + more for (score, _), more in zip(near, rescored, strict=True)]
        return Choice(near[total.index(max(total))][1], _margin(total), len(near))

    def have_same_text(self, one: Hypothesis, other: Hypothesis) -> bool:
        """Whether two drafts differ in their tokens, or in white space at their ends, only."""
        return self._text(one.ids).strip() == self._text(other.ids).strip()

    def adds_nothing(self, draft: Hypothesis) -> bool:
        """Whether a draft is what its hole must begin and end with, and no more."""
        return self._text(draft.ids) == self.seams.leads[0] + self.seams.ending

    def is_clean(self, draft: Hypothesis) -> bool:
        """Whether a draft has ended and has neither defects nor faults in its names."""
        return draft.ended and not any(self._all_defects(draft))

    def cleanest(self, samples: Sequence[Sample], cut_short: bool = False) -> Hypothesis:
        """Of the samples, and of what each was before a further line, the one with the fewest
        defects and then the fewest faults in its names. Of equals, the one in which the model is
        surest of each token, and of the end: the most likely as a whole would be a short one.
        `cut_short` as for `best`."""
        line_ends = frozenset(self.tokenizer.line_ends)
        every = [sample.draft for sample in samples]
        every += [cut for sample in samples for cut in sample.cuts(line_ends)]
        return self._best_of((self._whole(every) if cut_short else []) or every)

    def likeliest(self, blocks: Sequence[Ids], task: Task) -> Hypothesis:
        """Of blocks that nobody drafted, at least one, the one with the fewest defects, as a draft
        that has ended; of equals the one in which the model is surest. Takes one pass."""
        task.cache.truncate(task.prompt_cached)
        contexts = [task.prompt[-1:]] * len(blocks)
        with_ends = [[*ids, *task.plan.end_marks[:1]] for ids in blocks]
        found = log_likelihoods(self.model, task.cache, contexts, with_ends)
        return self._best_of(
            [
                Hypothesis(ids, tuple(logs.tolist()), ended=True)
                for ids, logs in zip(blocks, found, strict=True)
            ]
        )

    def has_no_more_defects(self, one: Hypothesis, other: Hypothesis) -> bool:
        """Whether the one draft has no more defects, and faults in its names, than the other."""
        return self._all_defects(one) <= self._all_defects(other)

    def _best_of(self, drafts: Sequence[Hypothesis]) -> Hypothesis:
        return min(drafts, key=lambda draft: (*self._all_defects(draft), -_sureness(draft)))

    def _whole(self, drafts: Sequence[Hypothesis]) -> list[Hypothesis]:
        """Those that have ended, and the whole lines of the others, where they have any."""
        whole = dict.fromkeys(draft for draft in drafts if draft.ended)
        for draft in drafts:
            ends = [place for place, i in enumerate(draft.ids) if i in self.tokenizer.line_ends]
            last = ends[-1] + 1 if ends and not draft.ended else 0
            if whole_lines(self._text(draft.ids[:last])):
                whole[Hypothesis(draft.ids[:last], draft.log_probabilities[:last])] = None
        return list(whole)

    def _all_defects(self, draft: Hypothesis) -> tuple[int, ...]:
        """The defects, and the faults in names."""
        filled = self._inspect(draft.ids).filled
        return *self.defects(draft.ids, draft.ended), filled.name_faults if filled else 0

    def has_left(self, ids: Ids) -> bool:
        """Whether a draft goes on after the end of its block, so that it has ended."""
        text = self._text(ids)
        return self.seams.block_end(text) < len(text)

    def is_stuck(self, ids: Ids) -> bool:
        """Whether a draft repeats itself."""
        text = self._text(ids)
        return repetition_start(text) < len(text)

    def better(self, drafted: Written, denoised: Written, task: Task) -> Written:
        """What denoising made of the draft of one hole, unless the model itself finds the draft
        better: it must not be the worse for having been looked at again."""
        both = [drafted.holes[0], denoised.holes[0]]
        if len(drafted.holes) > 1 or both[0] == both[1] or not all(both):
            return denoised
        task.cache.truncate(task.prompt_cached)
        contexts = [task.prompt[-1:]] * 2
        with_ends = [[*ids, *task.plan.end_marks[:1]] for ids in both]
        drafts = log_likelihoods(self.model, task.cache, contexts, with_ends)
        if task.cancelled():
            return denoised
        parts = zip(drafts, self.rescore(both), self.penalties(both), strict=True)
        total = [float(first.sum()) + second - penalty for first, second, penalty in parts]
        draft, other = (self.defects(ids, True) for ids in both)
        is_worse = (draft, -total[0]) <= (other, -total[1])
        return replace(drafted if is_worse else denoised, passes=denoised.passes + 1, steps_left=0)

    def rescore(self, candidates: Sequence[Ids]) -> list[float]:
        """A second score of each candidate, nats: the file read as any text, how likely the
        candidate is and how likely it makes the text after the hole.

        The two added up are the noisy channel's score (Brown et al. 1993) for what the draft's own
        likelihood estimates too; together they err less than either.
        """
        suffix = self.seams.suffix[: SUFFIX_TOKENS_RESCORED * WINDOW_CHARACTERS_PER_TOKEN]
        head = self.tokenizer.encode(suffix)[:SUFFIX_TOKENS_RESCORED] if suffix.strip() else []
        key = f"{self.request.document_key}, as plain text"
        *before, last = plain_prefix(self.tokenizer, self.seams.prefix)
        prefix, _ = self.caches.holding(key, before)
        contexts = [[last]] * len(candidates)
        read = [[*ids, *head] for ids in candidates]
        own = [len(ids) for ids in candidates]
        mixed = (self.memory, own) if self.memory else None
        likelihoods = log_likelihoods(self.model, prefix, contexts, read, mixed)
        return [
            float(OWN_LIKELIHOOD_WEIGHT * logs[: len(ids)].sum() + logs[len(ids) :].sum())
            for logs, ids in zip(likelihoods, candidates, strict=True)
        ]

    @cached_property
    def _around(self) -> Neighbourhood:
        request = self.request
        return Neighbourhood.of(request.document, request.holes[0], request.language)

    def _text(self, ids: Ids) -> str:
        if ids not in self._texts:
            self._texts[ids] = self.tokenizer.decode(ids)
        return self._texts[ids]

    def _inspect(self, ids: Ids) -> "_Inspection":
        if ids not in self._inspected:
            text = self._text(ids)
            (kept,) = self.seams.fitting([text], self.closing)
            fill = text[kept.start : kept.stop]
            own = text[: self.seams.block_end(text)].rstrip()
            is_cut = kept.stop + len(self.seams.ending) < len(own)
            self._inspected[ids] = _Inspection(
                not fill.strip(), is_cut, self._around.with_fill(fill)
            )
        return self._inspected[ids]


def _margin(scores: Sequence[float]) -> float:
    """Of the best to the next, nats; infinite for one alone."""
    best, *others = sorted(scores, reverse=True)
    return best - max(others, default=-math.inf)


def _sureness(draft: Hypothesis) -> float:
    """Nats per token, and a share of those of the end."""
    tokens = draft.log_probabilities[: len(draft.ids)]
    end = sum(draft.log_probabilities[len(draft.ids) :])
    return sum(tokens) / max(1, len(tokens)) + END_WEIGHT * end


@dataclass(frozen=True, slots=True)
class _Inspection:
    """A candidate as it would stand in the document; `filled` is None without a grammar."""

    is_empty: bool
    is_cut: bool
    filled: Filled | None
