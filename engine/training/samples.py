"""Holes punched into training documents: prompts and middles as token ids, redrawn for ever.

Which kinds of hole, and how many of each, is the recipe's. Comments and imports are taken less
often.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fillwright.engine.infill.prompts.prompt import PromptForm
from fillwright.engine.infill.prompts.small import SmallPrompt
from fillwright.engine.infill.text.cut_words import word_after, word_before
from fillwright.engine.infill.text.windows import split_lead
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.sources.corpus import SPAN_KINDS, Corpus
from fillwright.engine.training.pages import BODY, FUNCTION_CHARACTERS, Page, line_around
from fillwright.engine.training.recipes import HoleShares

Span = tuple[int, int]

NODE_KINDS = [SPAN_KINDS.index(kind) for kind in ("body", "block", "statement", "expression")]
EMPTY_SHARE = 0.03
LANGUAGE_SHARES = {"python": 0.6, "javascript": 0.2, "typescript": 0.2}
FURTHER_HOLES = 2
LINES_BETWEEN = 4
HEAD_CHARACTERS = 300
HOLES_PER_PAGE = 4
WAITING = 512
"""All were set by hand. EMPTY_SHARE: middles without a token. LANGUAGE_SHARES: of the pages.
FURTHER_HOLES: at most so many beside the first, at most LINES_BETWEEN apart. HEAD_CHARACTERS: of
the text after a hole. WAITING: samples that are shuffled together."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One hole: its tokens without an end mark, and those of the text up to the next hole, or the
    first of what follows the last."""

    middle: list[int]
    after: list[int]


@dataclass(frozen=True, slots=True)
class Sample:
    """A prompt and the holes after it, in order; mostly one."""

    prompt: list[int]
    pieces: tuple[Piece, ...]

    @property
    def middle(self) -> list[int]:
        return self.pieces[0].middle


class HoleSampler:
    """Draws holes from a corpus: languages by their shares, documents weighted by their length.

    With a `form` that closes an answer, its closing text ends each middle, there is one hole in a
    sample, and nothing stands after it: the model has learnt no more.
    """

    def __init__(
        self,
        corpus: Corpus,
        tokenizer: CodeTokenizer,
        seed: int,
        prefix_budgets: Sequence[int] = (320, 320, 256, 160, 96, 40),
        suffix_budgets: Sequence[int] = (128, 128, 96, 48, 16),
        shares: HoleShares | None = None,
        form: PromptForm = SmallPrompt,
    ) -> None:
        self.form = form
        prompt = form(tokenizer, 1, 1)
        self.closing, self.end_marks = prompt.closing, prompt.end_marks
        self.shares = shares or HoleShares()
        self.prefix_budgets = prefix_budgets
        self.suffix_budgets = suffix_budgets
        self.corpus = corpus
        self.tokenizer = tokenizer
        self.random = random.Random(seed)
        lengths = np.diff(corpus.documents)
        standalone = self.shares.standalone
        shelves = [
            (corpus.chosen(language, standalone=False), share * (1 - standalone))
            for language, share in LANGUAGE_SHARES.items()
        ]
        shelves.append((corpus.chosen("python", standalone=True), standalone))
        # per shelf: its documents, their lengths summed up, and its share
        self.shelves = [
            (documents, lengths[documents].cumsum(), share)
            for documents, share in shelves
            if len(documents)
        ]

    def samples(self, max_middle: int, several_share: float = 0.0) -> Iterator[Sample]:
        """Endless samples whose first middle has at most `max_middle` tokens; `several_share` of
        them have further holes on the lines below the first.

        Those of one page come far apart: in one packed row each prompt would show the middle of
        the next.
        """
        waiting: list[Sample] = []
        for sample in self._by_page(max_middle, several_share):
            if len(waiting) < WAITING:
                waiting.append(sample)
                continue
            at = self.random.randrange(WAITING)
            yield waiting[at]
            waiting[at] = sample

    def _by_page(self, max_middle: int, several_share: float) -> Iterator[Sample]:
        """Several of each page, one after another: reading a page costs more than a hole in it."""
        while True:
            page = self._page()
            if not page.standalone and self.random.random() < self.shares.function:
                page = self._narrowed(page)
            for _ in range(HOLES_PER_PAGE):
                hole = self._hole(page)
                if hole is None or self._is_dull(page, hole):
                    continue
                several = self.random.random() < several_share and not self.closing
                further = self._further(page.text, hole[1]) if several else ()
                shown = page
                stubs = self.shares.stubs
                if stubs and page.is_body(*hole) and self.random.random() < stubs:
                    shown, further = page.stubbed(hole[1], self.random), ()
                sample = self._sample(shown, [hole, *further])
                if len(sample.middle) <= max_middle:
                    yield sample

    def plain(self, characters: int) -> str:
        """A stretch of a document that starts at a line."""
        text = self._page().text
        start = text.rfind("\n", 0, self.random.randrange(len(text))) + 1
        return text[start : start + characters]

    def _page(self) -> Page:
        shares = [share for _, _, share in self.shelves]
        documents, lengths, _ = self.random.choices(self.shelves, shares)[0]
        at = self.random.randrange(int(lengths[-1]))
        index = int(documents[np.searchsorted(lengths, at, side="right")])
        corpus = self.corpus
        return Page(
            corpus.document(index),
            corpus.document_spans(index),
            corpus.language(index),
            bool(corpus.standalone[index]),
        )

    def _narrowed(self, page: Page) -> Page:
        bodies = page.bodies
        if not len(bodies):
            return page
        function = page.function(bodies[self.random.randrange(len(bodies))])
        return function if len(function.text) in FUNCTION_CHARACTERS else page

    def _hole(self, page: Page) -> Span | None:
        text = page.text
        kinds = self.shares.kinds
        kind = self.random.choices(list(kinds), list(kinds.values()))[0]
        if self.random.random() < EMPTY_SHARE:
            at = self.random.randrange(len(text))
            return at, at
        if kind == "finished":
            end = line_around(text, self.random.randrange(len(text)))[1]
            # a word at the end would be asked for, as when filling
            return None if re.search(r"[\w\s]\Z|\A\Z", text[:end]) else (end, end)
        if kind == "node":
            return self._node(page.spans, self.random.choice(NODE_KINDS))
        if kind == "body":
            return self._node(page.spans, BODY)
        at = self.random.randrange(len(text))
        if kind == "characters":
            return at, min(len(text), at + self.random.randint(1, 120))
        start, end = line_around(text, at)
        if not text[start:end].strip():
            return None
        if kind == "line end":
            indent = len(text[start:end]) - len(text[start:end].lstrip())
            return self.random.randint(min(start + indent, end), end), end
        if kind == "lines":
            for _ in range(self.random.randint(1, 11)):
                if end < len(text):
                    end = line_around(text, end + 1)[1]
        return max(0, start - 1), end

    def _is_dull(self, page: Page, hole: Span) -> bool:
        return page.is_prose(*hole) and self.random.random() >= self.shares.prose

    def _node(self, spans: np.ndarray, kind: int) -> Span | None:
        chosen = spans[spans[:, 0] == kind]
        if not len(chosen):
            return None
        _, start, end = chosen[self.random.randrange(len(chosen))]
        return int(start), int(end)

    def _further(self, text: str, end: int) -> Iterator[Span]:
        """Whole lines a few lines apart, each with the line end before it."""
        for _ in range(self.random.randint(1, FURTHER_HOLES)):
            start = end
            for _ in range(1 + self.random.randint(1, LINES_BETWEEN)):
                start = text.find("\n", start + 1)
                if start < 0:
                    return
            end = line_around(text, start + 1)[1]
            if not text[start:end].strip():
                return
            yield start, end

    def _sample(self, page: Page, holes: Sequence[Span]) -> Sample:
        """Words that the first hole's start and the last one's end cut are in the holes, as when
        filling. Budgets are drawn again so that short contexts are seen too."""
        text, encode = page.text, self.tokenizer.encode
        prompt = self.form(
            self.tokenizer,
            self.random.choice(self.prefix_budgets),
            self.random.choice(self.suffix_budgets),
        )
        last = holes[-1][1] + len(word_after(text[holes[-1][1] :]))
        first = holes[0][0]
        if text[first : first + 1] != "\n":  # whole lines begin with the line end before them
            first -= len(word_before(text[:first]))
        prefix, lead = split_lead(text[:first])
        starts = [first - len(lead), *(start for start, _ in holes[1:])]
        ends = [*(end for _, end in holes[:-1]), last]
        until = [*starts[1:], last if self.closing else last + HEAD_CHARACTERS]
        return Sample(
            prompt.ids(prefix, text[last:], page.language),
            tuple(
                Piece(encode(text[start:end] + self.closing), encode(text[end:next_start]))
                for start, end, next_start in zip(starts, ends, until, strict=True)
            ),
        )
