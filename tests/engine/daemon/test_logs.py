"""Logs say where something broke, and never what was in the document."""

import io
import logging

from fillwright.engine.daemon.logs import SourceFree


def test_a_traceback_in_the_log_quotes_no_document():
    def work(document):
        try:
            raise KeyError(document)
        except KeyError as cause:
            raise RuntimeError(f"cannot fill {document}") from cause

    # put together here, because a traceback shows the lines of our own code
    secret = "-".join(["hunter", "two"])
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(SourceFree("%(message)s"))
    log = logging.Logger("engine")
    log.addHandler(handler)
    try:
        work(secret)
    except RuntimeError:
        log.exception("A request failed.")
    text = written.getvalue()
    assert text.startswith("A request failed.\n")
    assert "in work" in text
    assert "RuntimeError\nwhich came of\n" in text
    assert text.endswith("KeyError\n")
    assert secret not in text
