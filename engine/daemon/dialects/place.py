"""A hole as other people's clients send it: the text around it, in which language, and what is said
of it in the answer.

Knows no protocol's fields and no HTTP.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from fillwright.engine.daemon.dialects.fim_markers import split, without_marks
from fillwright.engine.errors import BadRequest
from fillwright.engine.request import Budget, Hole, InfillRequest, Snippet
from fillwright.engine.syntax.guess import UNKNOWN, guessed_language
from fillwright.engine.syntax.languages import language_of_file

TOKENS = 128
"""What a fill may have where its request names no number."""

SEEDS = 2**63

MOST_CANDIDATES = 128
"""As many as OpenAI's own server takes: an answer has room for each before any is made."""


@dataclass(frozen=True, slots=True)
class Said:
    """A fill as it is answered; `stopped_by` is the stop string that ended it, or ""."""

    text: str
    stopped_by: str


@dataclass(frozen=True, slots=True)
class PromptPlace:
    """One hole between `prefix` and `suffix`, with `context` of other files. Where no `language` is
    said it is guessed, by the name of the `file` too where that is known."""

    prefix: str
    suffix: str
    language: str
    context: tuple[Snippet, ...] = ()
    file: str = ""

    @classmethod
    def in_prompt(cls, prompt: str, suffix: str, language: str) -> "PromptPlace":
        """The hole after a prompt, or where a prompt that comes without a suffix has it by the
        marks of some model."""
        marked = None if suffix else split(prompt)
        if marked is None:
            return cls(prompt, suffix, language)
        return cls(marked.prefix, marked.suffix, language, file=marked.file)

    def request(self, budget: Budget, seed: int, candidates: int = 1) -> InfillRequest:
        """What the engine is asked. Raises `BadRequest` with a sentence."""
        if candidates > MOST_CANDIDATES:
            raise BadRequest(f"A request has at most {MOST_CANDIDATES} candidates.")
        before, after = lf(self.prefix), lf(self.suffix)
        try:
            return InfillRequest(
                document=before + after,
                holes=(Hole(len(before), len(before)),),
                language=self.language or self._guessed(before, after),
                context=tuple(Snippet(each.path, lf(each.text)) for each in self.context),
                candidates=candidates,
                budget=budget,
                seed=seed % SEEDS,
            )
        except ValueError as error:
            raise BadRequest(f"The request cannot be used: {error}.") from error

    def said(self, text: str, stop: Sequence[str]) -> Said:
        """The fill up to the first of the stop strings, with the line ends of the text around."""
        text = without_marks(text)
        found = [(text.find(lf(mark)), mark) for mark in stop if mark and lf(mark) in text]
        end, stopped_by = min(found, default=(len(text), ""))
        line_end = "\r\n" if "\r\n" in self.prefix + self.suffix else "\n"
        return Said(text[:end].replace("\n", line_end), stopped_by)

    def _guessed(self, before: str, after: str) -> str:
        if self.file and (named := language_of_file(PurePath(self.file))) != UNKNOWN:
            return named
        return guessed_language(before, after, [each.path for each in self.context])


def lf(text: str) -> str:
    """The text with the engine's line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
