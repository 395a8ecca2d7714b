"""The daemon's log: what happened and where in our code, never anybody's source code.

Knows nothing of what is logged. The text of an exception may quote a document, so above DEBUG a
traceback ends with the exception's type alone.
"""

import logging
import sys
import traceback
from types import TracebackType

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def log_to_stderr() -> None:
    """Send the log of this process to stderr, from INFO on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(SourceFree("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # it tells of every request
    logging.getLogger("httpx").setLevel(logging.WARNING)


class SourceFree(logging.Formatter):
    """Formats a traceback without the exceptions' texts, chained exceptions included."""

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802
        chain: list[str] = []
        error = ei[1]
        while error is not None:
            frames = "".join(traceback.format_tb(error.__traceback__))
            chain.append(f"{frames}{type(error).__name__}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\nwhich came of\n".join(chain)
