"""Holes punched into training documents: (prompt, middle) pairs as token ids, redrawn for ever.

Mix and reasons: whole lines, rest of a line, syntax nodes, several lines, random characters
(AST-FIM: syntax nodes teach more than random spans). Comments and imports are taken less often.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fillwright.engine.infill.prompt import SmallPrompt, split_lead
from fillwright.engine.infill.tokenizer import CodeTokenizer
from fillwright.engine.training.corpus import SPAN_KINDS, Corpus

KIND_SHARES = {"line": 0.35, "line end": 0.15, "node": 0.25, "lines": 0.15, "characters": 0.10}
NODE_KINDS = [SPAN_KINDS.index(kind) for kind in ("body", "block", "statement", "expression")]
EMPTY_SHARE = 0.03
SELDOM_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Sample:
    prompt: list[int]
    middle: list[int]  # without an end mark


class HoleSampler:
    """Draws holes from a corpus, documents weighted by their length."""

    def __init__(
        self,
        corpus: Corpus,
        tokenizer: CodeTokenizer,
        seed: int,
        prefix_budgets: Sequence[int] = (320, 320, 256, 160, 96, 40),
        suffix_budgets: Sequence[int] = (128, 128, 96, 48, 16),
    ) -> None:
        self.prefix_budgets = prefix_budgets
        self.suffix_budgets = suffix_budgets
        self.corpus = corpus
        self.tokenizer = tokenizer
        self.random = random.Random(seed)
        self.weights = np.diff(corpus.documents).cumsum()

    def samples(self, max_middle: int) -> Iterator[Sample]:
        """Endless samples whose middle has at most `max_middle` tokens."""
        while True:
            index, text = self._document()
            for _ in range(4):
                hole = self._hole(text, index)
                sample = hole and self._sample(text, *hole)
                if sample and len(sample.middle) <= max_middle:
                    yield sample

    def plain(self, characters: int) -> str:
        """A stretch of a document that starts at a line."""
        _, text = self._document()
        start = text.rfind("\n", 0, self.random.randrange(len(text))) + 1
        return text[start : start + characters]

    def _document(self) -> tuple[int, str]:
        at = self.random.randrange(int(self.weights[-1]))
        index = int(np.searchsorted(self.weights, at, side="right"))
        return index, self.corpus.document(index)

    def _hole(self, text: str, index: int) -> tuple[int, int] | None:
        kind = self.random.choices(list(KIND_SHARES), list(KIND_SHARES.values()))[0]
        if self.random.random() < EMPTY_SHARE:
            at = self.random.randrange(len(text))
            return at, at
        if kind == "node":
            return self._node(index)
        at = self.random.randrange(len(text))
        if kind == "characters":
            return at, min(len(text), at + self.random.randint(1, 120))
        start, end = line_around(text, at)
        line = text[start:end].strip()
        if not line or (
            line.startswith(("#", "import ", "from ")) and self.random.random() > SELDOM_SHARE
        ):
            return None
        if kind == "line end":
            indent = len(text[start:end]) - len(text[start:end].lstrip())
            return self.random.randint(min(start + indent, end), end), end
        if kind == "lines":
            for _ in range(self.random.randint(1, 11)):
                if end < len(text):
                    end = line_around(text, end + 1)[1]
        return max(0, start - 1), end

    def _node(self, index: int) -> tuple[int, int] | None:
        spans = self.corpus.document_spans(index)
        kind = self.random.choice(NODE_KINDS)
        chosen = spans[spans[:, 0] == kind]
        if not len(chosen):
            return None
        _, start, end = chosen[self.random.randrange(len(chosen))]
        return int(start), int(end)

    def _sample(self, text: str, start: int, end: int) -> Sample:
        """Budgets are drawn anew so that short contexts are seen too."""
        prompt = SmallPrompt(
            self.tokenizer,
            prefix_tokens=self.random.choice(self.prefix_budgets),
            suffix_tokens=self.random.choice(self.suffix_budgets),
        )
        prefix, lead = split_lead(text[:start])
        return Sample(
            prompt.ids(prefix, text[end:], "python"),
            self.tokenizer.encode(lead + text[start:end]),
        )


def line_around(text: str, at: int) -> tuple[int, int]:
    """The half-open range of the line that holds character `at`, without its line end."""
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    return start, len(text) if end < 0 else end
