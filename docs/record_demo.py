"""Records `make demo` by the real engine as an animated SVG.

Run `.venv/bin/python -P docs/record_demo.py` from the repository's root. The frames are what
`fillwright fill --watch` shows; only their pace is not the engine's own. Without animation the last
frame is seen.
"""

import asyncio
import io
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.terminal_theme import MONOKAI, TerminalTheme
from rich.text import Text

from fillwright.engine.daemon.client import EngineClient
from fillwright.engine.request import Draft
from fillwright.lsp_server.cli.carve_locations import carve_places
from fillwright.lsp_server.cli.diff import unified_diff
from fillwright.lsp_server.cli.draft_view import DraftView
from fillwright.lsp_server.cli.fill import FillOptions, fit_each, request_for, summary
from fillwright.lsp_server.cli.fill_arguments import parse_fill
from fillwright.lsp_server.cli.source_file import read_source
from fillwright.lsp_server.cli.terminal import coloured_diff, draft_title
from fillwright.lsp_server.text.changes import applied
from fillwright.lsp_server.text.documents import Document

OUTPUT = Path("docs/images/fill.svg")
WIDTH = 92
FIRST_S, LAST_S = 1.0, 5.0
STEP_S, DRAFTS_S = 0.35, 7.0

# what rich fills in for one frame; the fonts are the reader's own
FRAME = """
<g class="frame frame-{unique_id}" transform="translate(12, 12)">
<style>{styles}</style><defs>{lines}</defs>{backgrounds}{matrix}</g>"""


@dataclass(frozen=True)
class Frame:
    shown: RenderableType
    seconds: float


def main() -> None:
    command = demo_command(Path("Makefile").read_text(encoding="utf-8"))
    frames = asyncio.run(record(parse_fill(shlex.split(command)[2:])))
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(animation(f"$ {command}", frames), encoding="utf-8")
    print(f"{OUTPUT}: {len(frames)} frames, {OUTPUT.stat().st_size / 1000:.0f} kB")


def demo_command(makefile: str) -> str:
    """What `make demo` runs, without what only MODEL=FOLDER adds."""
    return re.findall(r"fillwright fill [^$\n]*", makefile)[0].rstrip()


async def record(options: FillOptions) -> list[Frame]:
    """One frame before the fill, one for each draft, and one with the diff."""
    document = Document.of(read_source(options.file).text, "python")
    carvings = carve_places(document, options.places)
    request = request_for(options, document, carvings)
    drafts: list[Draft] = []
    client = EngineClient(options.engine)
    try:
        infill = await client.fill(request, drafts.append)
    finally:
        await client.aclose()
    fits = fit_each(document, carvings, infill)
    after = applied(document.text, [change for fit in fits for change in fit.changes])
    name = options.file.as_posix()
    diff = unified_diff(document.text, after, f"a/{name}", f"b/{name}")
    view = DraftView(request.document, request.holes, request.language)
    step_s = min(STEP_S, DRAFTS_S / max(len(drafts), 1))
    return [
        Frame(Text(), FIRST_S),
        *(
            Frame(Group(draft_title(draft), view.show(draft, masked=False)), step_s)
            for draft in drafts
        ),
        Frame(Group(*coloured_diff(diff), Text(summary(infill), style="dim")), LAST_S),
    ]


def animation(
    command: str, frames: list[Frame], width: int = WIDTH, theme: TerminalTheme = MONOKAI
) -> str:
    """All frames in one place, each visible in its own time; `width` in characters."""
    whole = sum(frame.seconds for frame in frames)
    drawings, keyframes, begin, height = [], [], 0.0, 0
    for index, frame in enumerate(frames):
        console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True)
        console.print(Text(command, style="bold"), frame.shown, sep="\n")
        height = max(height, len(console.export_text(clear=False).splitlines()))
        drawings.append(console.export_svg(theme=theme, code_format=FRAME, unique_id=f"f{index}"))
        end = begin + frame.seconds
        shown = f"{100 * begin / whole:.2f}%{{visibility:visible}}"
        hidden = f"{100 * end / whole:.2f}%{{visibility:hidden}}" if index < len(frames) - 1 else ""
        keyframes.append(
            f"@keyframes show-f{index}{{0%{{visibility:hidden}}{shown}{hidden}}}"
            f".frame-f{index}{{animation:show-f{index} {whole:.2f}s step-end infinite}}"
        )
        begin = end
    size = f"{width * 12.2 + 24:.0f} {height * 24.4 + 24:.0f}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}">\n'
        "<style>.frame{visibility:hidden}.frame:last-of-type{visibility:visible}"
        "text{font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:20px}"
        f"{''.join(keyframes)}</style>\n"
        '<rect width="100%" height="100%" rx="8" fill="#0c0c0c"/>'
        f"{''.join(drawings)}\n</svg>\n"
    )


if __name__ == "__main__":
    main()
