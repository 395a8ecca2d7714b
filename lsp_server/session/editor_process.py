"""The process of the editor: whether it runs, and what happens when it is gone.

Knows nothing of the protocol.
"""

import os
import threading
import time
from collections.abc import Callable

EVERY_S = 2.0


def is_running(pid: int) -> bool:
    """Whether a process has this id; where the system has no question for it, yes."""
    # elsewhere a signal of 0 is no question
    if not hasattr(os, "getuid"):
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def when_gone(pid: int, leave: Callable[[], None], every_s: float = EVERY_S) -> None:
    """Call `leave`, on a thread of its own, when the process is gone; look every `every_s` seconds.

    A process that is not seen now is not waited for: it may run outside of this container.
    """

    def watch() -> None:
        while is_running(pid):
            time.sleep(every_s)
        leave()

    if is_running(pid):
        threading.Thread(target=watch, name="editor's process", daemon=True).start()
