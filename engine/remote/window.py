"""What of a file and its context is sent. Knows characters only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fillwright.engine.infill.text.windows import (
    WINDOW_CHARACTERS_PER_TOKEN,
    WINDOW_STEP,
    prefix_window,
)
from fillwright.engine.remote.marks import Marks
from fillwright.engine.request import Snippet

PREFIX_CHARACTERS, SUFFIX_CHARACTERS = 9000, 3000
PREFIX_SHARE = 0.75
FEW_STEPS = 4


@dataclass(frozen=True, slots=True)
class Window:
    """The text on both sides of a hole, pieces of other places, and what is to be replaced where
    that matters."""

    prefix: str
    suffix: str
    context: tuple[Snippet, ...] = ()
    replaced: str = ""

    @classmethod
    def of(cls, prefix: str, suffix: str, context: Sequence[Snippet], room: int) -> "Window":
        """As much as `room` ASCII characters hold, others counting by their bytes: first what is
        around the hole, then of the context what stands last. The prefix begins in steps, so that a
        server's cache survives typing."""
        near = _sendable(prefix[-PREFIX_CHARACTERS:] + suffix[:SUFFIX_CHARACTERS])
        room = room * len(near) // max(1, len(near.encode()))
        before = min(PREFIX_CHARACTERS, int(room * PREFIX_SHARE))
        after = min(SUFFIX_CHARACTERS, room - before)
        shown = prefix[_start(len(prefix), before) :]
        following = suffix[:after]
        left, kept = room - len(shown) - len(following), list[Snippet]()
        for snippet in reversed(context):
            left -= len(snippet.text) + len(snippet.path)
            if left < 0:
                break
            kept.append(replace(snippet, text=_sendable(snippet.text)))
        return cls(_sendable(shown), _sendable(following), tuple(reversed(kept)))

    def without(self, marks: Marks) -> "Window":
        """With nothing in it that a server would take for a control token: the text on each side
        ends at the first one, seen from the hole."""
        context = (replace(each, text=marks.before_first(each.text)) for each in self.context)
        return Window(
            marks.after_last(self.prefix), marks.before_first(self.suffix), tuple(context)
        )


def _start(length: int, room: int) -> int:
    if room < FEW_STEPS * WINDOW_STEP:
        # a step would be too much of it
        return max(0, length - room)
    return prefix_window(length, room // WINDOW_CHARACTERS_PER_TOKEN)


def _sendable(text: str) -> str:
    """Without half pairs, which are no JSON that everybody reads."""
    return text.encode("utf-8", "replace").decode()
