"""What `fillwright fill` shows: drafts as they denoise, the diff, and what it has to say.

Knows the terminal. Where the output is none, or cannot move its cursor, a few plain frames stand
for the live picture, and nothing is coloured.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from fillwright.engine.request import Draft, InfillRequest
from fillwright.lsp_server.cli.draft_view import DraftView, printable

OnDraft = Callable[[Draft], None]


@contextmanager
def showing_drafts(
    request: InfillRequest, *, watch: bool, on_stderr: bool
) -> Iterator[OnDraft | None]:
    """Yields what to call with each draft of the request, or None when they are not to be seen.

    The live picture, and the word that says that something is going on, are gone when the block
    ends.
    """
    if not watch:
        with _console(stderr=True).status("filling ..."):
            yield None
        return
    console = _console(stderr=on_stderr)
    view = DraftView(request.document, request.holes, request.language)
    if not console.is_terminal or console.is_dumb_terminal:
        yield _printing_frames(console, view)
        return
    waiting = Text("waiting for the engine ...", style="dim")
    with Live(waiting, console=console, transient=True, auto_refresh=False) as live:
        yield lambda draft: live.update(
            Group(draft_title(draft), view.show(draft, masked=False)), refresh=True
        )


@contextmanager
def showing(words: str) -> Iterator[None]:
    """Says on a terminal that something is going on until the block ends."""
    with _console(stderr=True).status(words):
        yield


def print_diff(diff: str) -> None:
    """The diff, coloured on a terminal; as it is, so that `patch` takes it, elsewhere."""
    console = _console(stderr=False)
    if not console.is_terminal or console.color_system is None or console.no_color:
        sys.stdout.write(diff)
        # what is said next goes to stderr, which does not wait
        sys.stdout.flush()
        return
    for line in coloured_diff(diff):
        console.print(line, soft_wrap=True)


def coloured_diff(diff: str) -> list[Text]:
    """The lines of a diff as a terminal may show them."""
    return [
        Text(
            printable(line.removesuffix("\r")),
            style="bold" if number < 2 else _DIFF_STYLES.get(line[:1], ""),
        )
        for number, line in enumerate(diff.split("\n")[:-1])
    ]


def draft_title(draft: Draft) -> Text:
    """What stands over a draft."""
    doing = "denoising" if draft.denoised else "drafting"
    return Text(f"{doing}: step {draft.step}, {draft.steps_left} left", style="bold")


def say(sentence: str) -> None:
    """One line about the fill, beside the output and not in it."""
    _console(stderr=True).print(Text(sentence, style="dim"), soft_wrap=True)


_DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def _console(*, stderr: bool) -> Console:
    return Console(stderr=stderr, highlight=False)


def _printing_frames(console: Console, view: DraftView) -> OnDraft:
    drafted = Counter[bool]()

    def show(draft: Draft) -> None:
        # early drafts differ most from one another: of the later ones ever fewer are shown; and
        # denoising what was drafted begins again
        drafted[draft.denoised] += 1
        number = drafted[draft.denoised]
        if number & (number - 1) == 0:
            console.print(
                draft_title(draft), view.show(draft, masked=True), "", sep="\n", soft_wrap=True
            )

    return show
