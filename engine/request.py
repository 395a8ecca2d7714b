"""The engine's boundary: frozen plain data that travels between the editor side and the daemon.

Knows no tensors, no LSP types and no files. Documents have LF line ends; offsets count characters
(Unicode code points).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Shape = Literal["line", "block", "free"]
Decode = Literal["auto", "denoise", "draft", "draft+denoise"]
Length = Literal["auto", "end-mark", "search", "contract"]
Finish = Literal["settled", "budget", "deadline", "cancelled", "unmet"]
ConstraintKind = Literal["none", "parses", "regex", "one of"]
Ranking = Literal["causal", "denoised"]


@dataclass(frozen=True, slots=True, order=True)
class Hole:
    """A half-open character range of the document to be written; `start == end` inserts."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"a hole needs 0 <= start <= end, not {self.start}..{self.end}")

    def overlaps(self, after: "Hole") -> bool:
        """Whether the next hole of a document begins inside this one, or is the same."""
        return after.start < self.end or after == self


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of another place that the model should see."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Budget:
    """What a fill may cost: free tokens per hole, denoise steps per canvas (None: the
    checkpoint's own), and milliseconds from the start of the request (None: no deadline).

    `line_deadline_ms`, from a hole's first text on, leaves the first line its time: after it a
    hole ends with the last line that is whole, as soon as one is (None: no such deadline).
    """

    tokens: int = 64
    steps: int | None = None
    deadline_ms: float | None = None
    line_deadline_ms: float | None = None

    def __post_init__(self) -> None:
        if self.tokens < 1:
            raise ValueError(f"a budget needs at least 1 token, not {self.tokens}")
        if self.steps is not None and self.steps < 1:
            raise ValueError(f"a budget needs at least 1 denoise step, not {self.steps}")
        for deadline_ms in (self.deadline_ms, self.line_deadline_ms):
            if deadline_ms is not None and deadline_ms <= 0:
                raise ValueError(f"a deadline must lie in the future, not {deadline_ms} ms")


@dataclass(frozen=True, slots=True)
class Constraint:
    """What the text of a request's only hole has to be.

    `parses`: the file has no more syntax errors with it than it must have, and it is not blank;
    `regex`: all of it matches `pattern`, in the syntax of Python's package `regex`; `one of`: it is
    one of `choices`. A fill that does not meet it has the finish `unmet`.
    """

    kind: ConstraintKind = "none"
    pattern: str = ""
    choices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.kind == "regex") != bool(self.pattern):
            raise ValueError("a constraint has a pattern if it is a regex, and only then")
        if (self.kind == "one of") != bool(self.choices):
            raise ValueError("a constraint has choices if it is 'one of', and only then")


@dataclass(frozen=True, slots=True)
class InfillRequest:
    """Fill every hole of `document`, jointly.

    `shape` bounds what a fill may be: `line` ends at the first line end, `block` and `free` may
    span lines. `document_key` names the document for the prefix KV cache and for newest-wins.
    `decode` picks the strategy; `auto` is the checkpoint's default. `length` says how a denoised
    hole finds its length: by its end mark, by a search among lengths with the text after it pinned,
    or by contracting a hole that is too long; `auto` is the checkpoint's default again, and a
    causal draft always goes by the end mark. The same request with the same `seed` gives the same
    fill, but for one thing: where something was typed since the document's last denoised fill, and
    nothing else changed, the next one goes on from its canvas. `unasked`: nobody waits for the
    fill, and where the model is sure that nothing is missing it is empty, after the first pass.
    `workspace` names the project whose other files have a say, as far as they are remembered; with
    none only the document itself has. `file_key` is what the document's own saved copy is
    remembered by, which has no say. Without `memory` nothing but the model has one. A model that
    reads context may be shown so many characters of those files, what is most `similar` to the text
    around the hole, in place of some of `context`. Only a single hole can have a `constraint`. With
    a `strength`, in [0, 1], what stands in the only hole is kept but for that share of its tokens,
    the least likely ones: they are renoised, and change where that makes the text likelier.
    `adapter` is the folder of an adapter that the daemon's own model has for the fill.
    `watched`: somebody looks at the drafts, which say how sure the model is; that costs a look at
    every probability after each step.
    """

    document: str
    holes: tuple[Hole, ...]
    language: str
    instruction: str | None = None
    context: tuple[Snippet, ...] = ()
    shape: Shape = "free"
    candidates: int = 1
    budget: Budget = Budget()
    seed: int = 0
    document_key: str = ""
    decode: Decode = "auto"
    length: Length = "auto"
    unasked: bool = False
    workspace: str = ""
    file_key: str = ""
    memory: bool = True
    similar: int = 0
    constraint: Constraint = Constraint()
    strength: float | None = None
    adapter: str = ""
    watched: bool = False

    def __post_init__(self) -> None:
        if "\r" in self.document:
            raise ValueError("the engine takes LF line ends only")
        if not self.holes:
            raise ValueError("a request needs at least one hole")
        if self.constraint.kind != "none" and len(self.holes) > 1:
            raise ValueError("only a single hole can have a constraint; ask for one at a time")
        if self.strength is not None and not 0 <= self.strength <= 1:
            raise ValueError(f"a strength lies in 0..1, not at {self.strength}")
        if self.strength is not None and (len(self.holes) > 1 or not self._has_text):
            raise ValueError("a strength is for one hole with a text in it")
        if self.candidates < 1:
            raise ValueError(f"a request needs at least 1 candidate, not {self.candidates}")
        for before, after in zip(self.holes, self.holes[1:], strict=False):
            if before.overlaps(after):
                raise ValueError(
                    f"holes must be in order and apart: {before.start}..{before.end} "
                    f"and {after.start}..{after.end} overlap"
                )
        if self.holes[-1].end > len(self.document):
            raise ValueError(
                f"hole {self.holes[-1].start}..{self.holes[-1].end} reaches past the end "
                f"of the document ({len(self.document)} characters)"
            )

    @property
    def _has_text(self) -> bool:
        hole = self.holes[0]
        return bool(self.document[hole.start : hole.end].strip())


@dataclass(frozen=True, slots=True)
class FileText:
    """What a file says now, by a key that is its own in its workspace, the `file_key` of
    requests for it; None: it is to be forgotten. Keys and passwords in it are left out already, a
    NUL in place of each, and nothing is continued across one."""

    key: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Memories:
    """Texts of a workspace that the engine is to remember, in memory only, or to forget."""

    workspace: str
    files: tuple[FileText, ...]


@dataclass(frozen=True, slots=True)
class WorkspaceMemory:
    """How much of a workspace is remembered; of `unsorted` files it has no say yet. One that was
    forgotten meanwhile has another `id`."""

    workspace: str
    id: str
    files: int
    tokens: int
    bytes: int
    unsorted: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """The text of every hole after one step (`step` counts from 1, over all holes and phases), and
    how many steps may come at most.

    `settled[i]` are the half-open character ranges of `texts[i]` accepted at this step. A draft
    with a `certainty` comes first, at step 0: the user's own code has it between such contexts, and
    it may be shown at once, as sure as that is. `denoised`: a canvas is denoised at this step; else
    the text is drafted from left to right. `confidences[i]`, of a watched canvas, has where each
    settled token of `texts[i]` begins and ends, and its probability.
    """

    step: int
    steps_left: int
    texts: tuple[str, ...]
    settled: tuple[tuple[tuple[int, int], ...], ...]
    certainty: "Certainty | None" = None
    denoised: bool = False
    confidences: tuple[tuple[tuple[int, int, float], ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Precedent:
    """That a text stood between such contexts in the user's own code, at so many `places`; at the
    nearest of them so many tokens to the `left` and the `right` are those around the hole."""

    left: int
    right: int
    places: int


@dataclass(frozen=True, slots=True)
class Certainty:
    """How sure the engine is of the fill of one hole, in probabilities.

    `whole`: that it is exactly what is wanted, calibrated on code that was not learnt. `nothing`:
    that nothing is missing in the hole. `beginnings`: for every token, how many characters of the
    fill end with it and how likely they are what is wanted. The rest is what `whole` is made of:
    the draft's own probability, the ranker's margin in nats, how many were near (none for a text
    that stood before), whether the project's other files had a say, and where the `same` text, or
    some `other`, stood before.
    """

    whole: float
    nothing: float
    beginnings: tuple[tuple[int, float], ...]
    drafted: float
    margin: float
    near: int
    knows_project: bool = False
    same: Precedent | None = None
    other: Precedent | None = None


@dataclass(frozen=True, slots=True)
class Infill:
    """The finished fill, one text per hole.

    `confidences[i]` holds the probability of each token of `texts[i]`, in order. `decode` and
    `length` say how the fill was in fact made. `alternatives` are further candidates, one text per
    hole each. `prompt_tokens` is how much the model was shown, `cached_tokens` how much of it was
    in the prefix KV cache already, `candidate_tokens` what all candidates have together.
    `certainty` is of the only hole's first candidate, None where it was not drafted.
    `remembered` is the share of the user's own code in the fill's tokens, in [0, 1], a mean.
    """

    texts: tuple[str, ...]
    confidences: tuple[tuple[float, ...], ...]
    finish: Finish
    tokens: int
    steps: int
    decode: str
    model: str
    device: str
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    alternatives: tuple[tuple[str, ...], ...] = ()
    length: str = "end-mark"
    certainty: Certainty | None = None
    remembered: float = 0.0
    prompt_tokens: int = 0
    # what was asked before makes no other fill
    cached_tokens: int = field(default=0, compare=False)
    candidate_tokens: int = 0


@dataclass(frozen=True, slots=True)
class DoubtRequest:
    """Look for unlikely places among the characters `start..end` of `document`: from the start on,
    as many whole lines as the model looks at together.

    `document_key` is as for a fill, and should be of no fill. Tokens are ranked `by` the causal
    head or the denoiser; None is the one that the checkpoint was measured to be better with. A
    place is told where other text makes its lines likelier by `gain` nats (None: the checkpoint's
    own threshold). The same request with the same `seed` gives the same places.
    """

    document: str
    start: int
    end: int
    language: str
    document_key: str = ""
    seed: int = 0
    by: Ranking | None = None
    gain: float | None = None

    def __post_init__(self) -> None:
        if "\r" in self.document:
            raise ValueError("the engine takes LF line ends only")
        if not 0 <= self.start < self.end <= len(self.document):
            raise ValueError(
                f"a part of the document, not {self.start}..{self.end} of "
                f"{len(self.document)} characters"
            )


@dataclass(frozen=True, slots=True)
class Doubt:
    """An unlikely place, the characters `start..end` of a document: with `text` in its place the
    lines around are likelier by `gain` nats."""

    start: int
    end: int
    text: str
    gain: float


@dataclass(frozen=True, slots=True)
class Doubts:
    """The unlikely places, the best reason first, from a request's start up to `end`, where the
    next request goes on; nothing was looked at where the finish is `cancelled`. `ms` is what it
    took, milliseconds."""

    places: tuple[Doubt, ...]
    end: int
    by: Ranking
    finish: Finish
    model: str
    device: str
    ms: float = 0.0
