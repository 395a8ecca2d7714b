"""Draws the pictures of docs/diffusion.md from real runs of the embedded model.

Run `OMP_NUM_THREADS=1 .venv/bin/python -P docs/write_diffusion.py` from the repository's root. All
is seeded; another processor may round differently, so no test compares the pictures.
"""

import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path
from textwrap import dedent

import numpy as np
from rich.console import Console, Group
from rich.terminal_theme import MONOKAI
from rich.text import Text

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.diffusion.canvas import Canvas
from fillwright.engine.diffusion.denoise import DenoiseStep, denoise
from fillwright.engine.diffusion.noise import HybridNoise
from fillwright.engine.infill.candidate import Candidate
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.loading import load_infiller
from fillwright.engine.infill.state import Task, open_canvas
from fillwright.engine.infill.stop import Stop
from fillwright.engine.model.cache import Cache
from fillwright.engine.model.interface import Model
from fillwright.engine.request import Decode, Draft, Hole, InfillRequest
from fillwright.kernels.arrays import Array, softmax
from fillwright.kernels.token_statistics import token_statistics
from fillwright.lsp_server.cli.draft_view import DraftView
from fillwright.lsp_server.cli.terminal import draft_title

FOLDER = Path(__file__).parent
SOURCE = FOLDER.parent / "fixtures/demo/shelf.py"
OUTPUT = FOLDER / "images/diffusion"
STUB = "\n        raise NotImplementedError"
BODY = "\n        self.width = width"
SUFFIX_ROWS = 8
SEED = 16  # of the seeds 0 to 23 one whose run stops early, and renoises what it had accepted
STEP = 5  # the step that is looked at closely
PIN_ROW, PIN = 3, "name"  # a row of the hole, and what is typed there instead of `width`
WIDTH, LIVE_WIDTH = 44, 52  # characters
CELL, BAR = 6, 16  # characters of a token in a column, and of the longest bar

# the pictures have a dark ground of their own, which is readable on a light page and on a dark one
GROUND = "#14171c"
QUIET, STRONG = "#9aa3ad", "bold #ffffff"
PINNED, NOISE, OPEN = "#e6e8eb on #3d4653", "#ff9d94 on #4a1d20", "italic #9aa3ad"
BARS = "on #6b4fa8"
# unsure to sure
SCALE = ((0x6B, 0x4F, 0xA8), (0x1F, 0x8A, 0x8C), (0x7F, 0xD3, 0x4E))

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{size}" viewBox="0 0 {size} {height}">\n'
    "<style>text{{{{font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
    "font-size:20px;white-space:pre}}}}{{styles}}</style>\n<defs>{{lines}}</defs>"
    '<rect width="100%" height="100%" rx="8" fill="{ground}"/>\n'
    '<g transform="translate(12, 12)">{{backgrounds}}{{matrix}}</g>\n</svg>\n'
)

Styled = tuple[str, str]


@dataclass
class Recorder:
    """A denoiser that keeps what each step began with: canvases [1, canvas] and signals."""

    model: Model
    canvases: list[Array] = field(default_factory=list)
    signals: list[Array | None] = field(default_factory=list)

    def denoise_logits(
        self, canvas: Array, cache: Cache, self_conditioning: Array | None = None
    ) -> Array:
        self.canvases.append(canvas.copy())
        self.signals.append(None if self_conditioning is None else self_conditioning.copy())
        return self.model.denoise_logits(canvas, cache, self_conditioning)


@dataclass(frozen=True)
class Run:
    """The steps of one canvas, and what each began with."""

    canvas: Canvas
    steps: Sequence[DenoiseStep]
    begun: Recorder

    @cached_property
    def rows(self) -> list[int]:
        """From the first free row to the last."""
        free = np.flatnonzero(~self.canvas.pinned)
        return list(range(free[0], free[-1] + 1))


class Pictures:
    """One method for each picture: the lines that it shows."""

    def __init__(self, infiller: Infiller, document: str) -> None:
        self._infiller, self._document = infiller, document.replace(STUB, "", 1)
        self._start = document.index(STUB)
        self._task = self._prepared()
        self._settings = replace(self._task.plan.settings, end_marks=())
        self._run = self._denoised()
        self._step = self._run.steps[STEP - 1]
        assert isinstance(self._settings.noise, HybridNoise)
        self._mask = self._settings.noise.mask_token

    def canvas(self) -> list[Text]:
        begun = self._run.begun.canvases[0][0]
        return [
            Text(dedent("\n".join(self._document[: self._start].split("\n")[-2:])), QUIET),
            self._tokens(begun, lambda row: NOISE if row in self._run.rows else PINNED),
            Text(),
            _legend((" noise ", NOISE), (" pinned ", PINNED)),
        ]

    def prediction(self) -> list[Text]:
        step, most = self._step, max(self._step.entropy[0][self._run.rows])
        lines = [Text(f"{'likeliest':10}{'sure':>5}  entropy, nats", STRONG)]
        for row in self._run.rows:
            entropy, sure = step.entropy[0][row], step.confidence()[0][row]
            lines.append(
                Text.assemble(
                    (f"{self._cell(step.argmax_canvas[0][row]):10}", ""),
                    (f"{sure:5.0%}  ", QUIET),
                    _bar(entropy / most),
                    f" {entropy:.3f}",
                )
            )
        return lines

    def entropy_bound(self) -> list[Text]:
        step, bound = self._step, self._settings.entropy_bound
        entropy = step.entropy[0]
        order = sorted(self._run.rows, key=lambda row: entropy[row])
        before = accumulate((entropy[row] for row in order[:-1]), initial=0.0)
        lines = [Text(f"{'likeliest':11}{'entropy':>7}{'sum before':>12}", STRONG)]
        for row, already in zip(order, before, strict=True):
            accepted = step.accepted_token_mask[0][row]
            assert accepted == (already <= bound)
            token = self._cell(step.argmax_canvas[0][row])
            lines.append(
                Text.assemble(
                    (f"{token:11}{entropy[row]:7.3f}{already:12.3f}", "" if accepted else OPEN),
                    (f"  ≤ {bound} accept", "bold #7fd34e") if accepted else (f"  > {bound}", OPEN),
                )
            )
        return lines

    def accept(self) -> list[Text]:
        step = self._step
        sure, accepted = step.confidence()[0], step.accepted_token_mask[0]
        drawn = np.where(accepted, step.renoised_canvas[0], step.argmax_canvas[0])
        return [
            self._tokens(
                drawn,
                lambda row: (
                    _sureness(sure[row])
                    if accepted[row]
                    else (OPEN if row in self._run.rows else PINNED)
                ),
            ),
            Text(),
            _legend(("not accepted", OPEN), (" pinned ", PINNED)),
            Text.assemble(
                ("accepted: ", QUIET),
                *((f" {each:.0%} ", _sureness(each)) for each in (0, 0.25, 0.5, 0.75, 1)),
            ),
        ]

    def renoise(self) -> list[Text]:
        return [
            Text(f"step {STEP} began with", QUIET),
            self._columns(self._run, STEP - 1),
            Text(f"step {STEP + 1} begins with", QUIET),
            self._columns(self._run, STEP),
            Text(),
            _legend((" kept ", _sureness(1)), (" new noise ", NOISE)),
        ]

    def steps(self) -> list[Text]:
        return self._all_steps(self._run)

    def pin(self) -> list[Text]:
        return self._all_steps(self._denoised(pinned=True))

    def self_conditioning(self) -> list[Text]:
        signal, canvas = self._run.begun.signals[STEP - 1], self._run.begun.canvases[STEP - 1]
        assert signal is not None
        told = self._settings.rows.by_token(softmax(signal))[0]
        without, having = (self._entropy(canvas, each) for each in (None, signal))
        lines = [Text(f"{'told by the step before':27}{'without':>8}{'with':>8}", STRONG)]
        for row in self._run.rows:
            words = "  ".join(
                f"{self._cell(token)} {told[row][token]:.0%}"
                for token in np.argsort(-told[row], kind="stable")[:2]
            )
            surer = having[row] < without[row]
            lines.append(
                Text.assemble(
                    f"{words:27}",
                    (f"{without[row]:8.3f}", QUIET),
                    (f"{having[row]:8.3f}", "#7fd34e" if surer else "#ff9d94"),
                )
            )
        sums = (each[self._run.rows].sum() for each in (without, having))
        return [*lines, Text(f"{'all rows':27}" + "".join(f"{each:8.3f}" for each in sums), STRONG)]

    def stop(self) -> list[Text]:
        rows, steps = self._run.rows, self._run.steps
        means = [float(step.entropy[0][rows].mean()) for step in steps]
        changed = [
            int((one.argmax_canvas != other.argmax_canvas).sum()) for one, other in pairwise(steps)
        ]
        lines = [Text(f"{'step':6}{'changed':9}mean entropy, nats", STRONG)]
        for step, mean, count in zip(steps, means, ("", *changed), strict=True):
            lines.append(
                Text.assemble(f"{step.step:<6}{count!s:9}", _bar(mean / max(means)), f" {mean:.4f}")
            )
        ended = "done" if steps[-1].done[0] else "out of steps"
        threshold = self._settings.confidence_threshold
        return [*lines, Text(f"{ended}: nothing changed, below {threshold}", "bold #7fd34e")]

    def live(self) -> list[Text]:
        lines = list[Text]()
        decodes: tuple[tuple[Decode, int], ...] = ("draft", 3), ("denoise", 2)
        for decode, step in decodes:
            request = self._request(decode)
            drafts = [
                each
                for each in self._infiller.infill(request, lambda: False)
                if isinstance(each, Draft)
            ]
            view = DraftView(request.document, request.holes, request.language)
            shown = next(each for each in drafts if each.step == step)
            lines += [draft_title(shown), view.show(shown, masked=False), Text()]
        return lines[:-1]

    def _request(self, decode: Decode) -> InfillRequest:
        hole = Hole(self._start, self._start)
        return InfillRequest(self._document, (hole,), "python", decode=decode, memory=False)

    def _prepared(self) -> Task:
        request = replace(self._request("denoise"), length="search")
        stop = Stop(lambda: False, request.budget, time.monotonic)
        return Candidate.of(self._infiller, request, 0, stop).prepare()

    def _denoised(self, *, pinned: bool = False) -> Run:
        """`pinned`: with the pin in the hole."""
        model, task = self._infiller.model, self._task
        encode = self._infiller.tokenizer.encode
        known, rows = open_canvas(model, task), len(encode(BODY))
        holes, between = [rows], list[list[int]]()
        if pinned:
            holes, between = [PIN_ROW, rows - PIN_ROW - 1], [encode(PIN)]
        canvas = Canvas.lay_out(
            holes,
            between,
            head=known,
            suffix=task.suffix[:SUFFIX_ROWS],
            length=len(known) + rows + SUFFIX_ROWS,
        )
        begun = Recorder(model)
        steps = denoise(begun, task.cache, [canvas], self._settings, model.generator(SEED))
        return Run(canvas, list(steps), begun)

    def _entropy(self, canvas: Array, signal: Array | None) -> Array:
        logits = self._infiller.model.denoise_logits(canvas, self._task.cache, signal)
        temperature = self._settings.temperature(self._settings.steps - STEP + 1)
        return self._settings.rows.by_token(token_statistics(logits, temperature).entropy)[0]

    def _all_steps(self, run: Run) -> list[Text]:
        """What every step began with, and the end."""
        lines = [
            Text.assemble((f"{step} ", QUIET), self._columns(run, step - 1))
            for step in range(1, len(run.steps) + 1)
        ]
        last = run.steps[-1]
        sure, ids = last.confidence()[0], last.argmax_canvas[0]
        end = [
            (self._cell(ids[row]), PINNED if run.canvas.pinned[row] else _sureness(sure[row]))
            for row in run.rows
        ]
        return [
            *lines,
            Text.assemble(("= ", QUIET), _in_columns(end)),
            Text(),
            _legend(
                (" noise ", NOISE),
                (" accepted ", _sureness(1)),
                *([(" pinned ", PINNED)] if run.canvas.pinned[run.rows].any() else []),
            ),
        ]

    def _columns(self, run: Run, step: int) -> Text:
        """What the step after `step` begins with, one column for each row of the hole."""
        ids = run.begun.canvases[step][0]
        before = run.steps[step - 1] if step else None

        def style(row: int) -> str:
            if run.canvas.pinned[row]:
                return PINNED
            if before is None or not before.accepted_token_mask[0][row]:
                return NOISE
            return _sureness(before.confidence()[0][row])

        return _in_columns([(self._cell(ids[row]), style(row)) for row in run.rows])

    def _tokens(self, ids: Array, style: Callable[[int], str]) -> Text:
        """The canvas as running text; the first row repeats the prompt's last token."""
        first = self._settings.rows.overlap
        rows = range(first, len(ids))
        return Text(" ").join(Text(self._spelt(ids[row]), style(row)) for row in rows)

    def _spelt(self, token: int) -> str:
        """Spaces as dots, and a line end with its indentation as an arrow and a number."""
        if token == self._mask:
            return "░░░"
        text = self._infiller.tokenizer.spell([int(token)]).text
        spaces = len(text) - len(text.rstrip(" "))
        if "\n" in text:
            return text.rstrip(" ").replace("\n", "⏎") + str(spaces or "")
        return text.replace(" ", "·")

    def _cell(self, token: int) -> str:
        text = self._spelt(token)
        return text if len(text) <= CELL else text[: CELL - 1] + "…"


def write(folder: Path) -> None:
    """All pictures, into `folder`."""
    infiller = load_infiller(embedded_checkpoint(), "cpu", threads=1)
    pictures = Pictures(infiller, SOURCE.read_text(encoding="utf-8"))
    scenes = {
        "canvas": pictures.canvas,
        "prediction": pictures.prediction,
        "entropy-bound": pictures.entropy_bound,
        "accept": pictures.accept,
        "renoise": pictures.renoise,
        "steps": pictures.steps,
        "pin": pictures.pin,
        "self-conditioning": pictures.self_conditioning,
        "stop": pictures.stop,
        "live": pictures.live,
    }
    for name, scene in scenes.items():
        width = LIVE_WIDTH if name == "live" else WIDTH
        (folder / f"{name}.svg").write_text(_svg(scene(), width, name), encoding="utf-8")


def _svg(lines: Sequence[Text], width: int, name: str) -> str:
    console = Console(
        record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(Group(*lines))
    height = len(console.export_text(clear=False).splitlines())
    frame = SVG.format(
        size=round(width * 12.2 + 24), height=round(height * 24.4 + 24), ground=GROUND
    )
    return console.export_svg(theme=MONOKAI, code_format=frame, unique_id=name)


def _legend(*entries: Styled) -> Text:
    return Text("  ").join(Text(words, style) for words, style in entries)


def _in_columns(cells: Sequence[Styled]) -> Text:
    return Text(" ").join(Text(f"{words:{CELL}}", style) for words, style in cells)


def _bar(share: float) -> Text:
    """At least one character, as no row is wholly sure."""
    long = max(1, round(share * BAR))
    return Text.assemble((" " * long, BARS), " " * (BAR - long))


def _sureness(confidence: float) -> str:
    """The style of an accepted token by its probability."""
    place = float(confidence) * (len(SCALE) - 1)
    low = min(int(place), len(SCALE) - 2)
    red, green, blue = (
        round(one + (other - one) * (place - low))
        for one, other in zip(SCALE[low], SCALE[low + 1], strict=True)
    )
    ink = "#000000" if green > 0xA0 else "#ffffff"
    return f"{ink} on #{red:02x}{green:02x}{blue:02x}"


if __name__ == "__main__":
    OUTPUT.mkdir(exist_ok=True)
    write(OUTPUT)
