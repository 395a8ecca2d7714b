"""`fillwright fill`: a file and places in; a diff, JSON or a changed file out.

Knows files, documents and the client of the engine. How drafts and diffs look is `terminal`'s.
"""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from fillwright.engine.confidence import geometric_mean
from fillwright.engine.daemon.client import EngineClient, EngineSettings
from fillwright.engine.errors import EngineFailed
from fillwright.engine.prompt_format import NO_INSTRUCTIONS, engine_takes_instructions
from fillwright.engine.request import Budget, Constraint, Decode, Infill, InfillRequest
from fillwright.engine.syntax.languages import language_of_file
from fillwright.lsp_server.carving.carving import Carving
from fillwright.lsp_server.cli.asking import client_for
from fillwright.lsp_server.cli.carve_locations import carve_places
from fillwright.lsp_server.cli.diff import unified_diff
from fillwright.lsp_server.cli.locations import Location
from fillwright.lsp_server.cli.project import project_around, remember_project
from fillwright.lsp_server.cli.source_file import read_source, write_source
from fillwright.lsp_server.cli.terminal import print_diff, say, showing, showing_drafts
from fillwright.lsp_server.fills.fills import Ask
from fillwright.lsp_server.fitting.fit import Fit
from fillwright.lsp_server.fitting.stub import fit_written
from fillwright.lsp_server.text.changes import applied
from fillwright.lsp_server.text.documents import Document


@dataclass(frozen=True, slots=True)
class FillOptions:
    """One `fillwright fill` command line. `project`: the other files of the file's project have a
    say."""

    file: Path
    places: tuple[Location, ...]
    engine: EngineSettings
    write: bool = False
    json: bool = False
    watch: bool = False
    instruction: str | None = None
    seed: int = 0
    budget: Budget = field(default_factory=Budget)
    decode: Decode = "auto"
    constraint: Constraint = field(default_factory=Constraint)
    strength: float | None = None
    project: bool = True
    adapter: Path | None = None


def fill_file(options: FillOptions) -> None:
    """Fill the holes of one file and show the outcome as the options say.

    Raises BadRequest for a file or a place that cannot be filled, and what the client raises.
    """
    source = read_source(options.file)
    document = Document.of(source.text, language_of_file(options.file))
    carvings = carve_places(document, options.places)
    infill = asyncio.run(_ask(options, request_for(options, document, carvings)))
    unused = bool(options.instruction) and engine_takes_instructions(options.engine) is False
    if unused:
        say(NO_INSTRUCTIONS)
    if infill.finish == "cancelled":
        raise EngineFailed("the engine stopped before the fill was done; retry.")
    fits = fit_each(document, carvings, infill)
    after = applied(document.text, [change for fit in fits for change in fit.changes])
    if options.write:
        write_source(source, after)
    if options.json:
        report = _report(options.file, document, carvings, fits, infill)
        print(json.dumps(report | ({"instructed": not unused} if options.instruction else {})))
        return
    if not options.write:
        name = options.file.as_posix().lstrip("/")
        print_diff(unified_diff(document.text, after, f"a/{name}", f"b/{name}"))
    say(summary(infill))
    for carving, fit in zip(carvings, fits, strict=True):
        line = document.lf_lines.line_of(carving.holes[0].start) + 1
        for dropped in fit.dropped:
            other = "--decode denoise or another --seed may do better."
            say(f"line {line}: {dropped.message} Nothing is written; {other}")


def request_for(
    options: FillOptions, document: Document, carvings: Sequence[Carving]
) -> InfillRequest:
    """What the engine is asked: every carving's hole, jointly."""
    ask = Ask(document, tuple(carvings), "edit")
    return InfillRequest(
        document=document.lf,
        holes=ask.holes,
        language=ask.language,
        instruction=options.instruction,
        shape=ask.shape,
        budget=options.budget,
        seed=options.seed,
        # nobody else's key: an editor's next request for this file must not cancel this one
        document_key=f"command line {os.getpid()}",
        decode=options.decode,
        constraint=options.constraint,
        strength=options.strength,
        adapter=str(options.adapter.absolute()) if options.adapter else "",
        watched=options.watch,
    )


def fit_each(document: Document, carvings: Sequence[Carving], infill: Infill) -> list[Fit]:
    """What becomes of each carving's text, by carving."""
    return [
        fit_written(document, carving, text)
        for carving, text in zip(carvings, infill.texts, strict=True)
    ]


def summary(infill: Infill) -> str:
    """One line about how a fill was made, and how sure of it the model was."""
    probabilities = [probability for hole in infill.confidences for probability in hole]
    parts = [infill.model, infill.device, infill.decode]
    parts += [_count(infill.steps, "step"), _count(infill.tokens, "token"), infill.finish]
    parts += [f"confidence {geometric_mean(probabilities):.2f}"]
    parts += [f"{name} {spent:.0f} ms" for name, spent in infill.timings_ms.items()]
    return " · ".join(parts)


async def _ask(options: FillOptions, request: InfillRequest) -> Infill:
    async with client_for(options.engine) as client:
        request = await _in_project(options, client, request)
        with showing_drafts(request, watch=options.watch, on_stderr=options.json) as on_draft:
            return await client.fill(request, on_draft)


async def _in_project(
    options: FillOptions, client: EngineClient, request: InfillRequest
) -> InfillRequest:
    """The request with the project around its file in mind, which the engine reads first."""
    root = project_around(options.file)
    # in a block, or several holes, only the model has a say
    if not options.project or root is None or request.shape == "block" or len(request.holes) > 1:
        return request
    with showing(f"reading the project {root.name} ..."):
        place, is_whole = await remember_project(client, root, options.file)
    if not is_whole:
        say(f"The project {root.name} is not read whole yet; the fill does not wait for the rest.")
    return replace(place, adapter=request.adapter).in_request(request)


def _report(
    file: Path,
    document: Document,
    carvings: Sequence[Carving],
    fits: Sequence[Fit],
    infill: Infill,
) -> dict[str, Any]:
    holes = []
    for carving, fit, probabilities in zip(carvings, fits, infill.confidences, strict=True):
        start, end = (
            document.from_lf(offset) for offset in (carving.holes[0].start, carving.holes[0].end)
        )
        inside = [change.moved(-start) for change in fit.changes]
        holes.append(
            {
                "start": _line_column(document, start),
                "end": _line_column(document, end),
                "text": applied(document.text[start:end], inside),
                "confidence": geometric_mean(probabilities),
                "dropped": next((dropped.code for dropped in fit.dropped), None),
            }
        )
    return {
        "file": str(file),
        "model": infill.model,
        "device": infill.device,
        "decode": infill.decode,
        "holes": holes,
        "finish": infill.finish,
        "steps": infill.steps,
        "tokens": infill.tokens,
        "certainty": asdict(infill.certainty) if infill.certainty else None,
        "remembered": infill.remembered,
        "timings_ms": dict(infill.timings_ms),
    }


def _line_column(document: Document, offset: int) -> dict[str, int]:
    line = document.lines.line_of(offset)
    return {"line": line + 1, "column": offset - document.lines.starts[line] + 1}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
