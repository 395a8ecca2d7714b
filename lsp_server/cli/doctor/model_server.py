"""Looks at the model server that stands in the place of a model of our own, by asking it."""

from collections.abc import Iterator

from fillwright.engine.errors import FillwrightError
from fillwright.engine.remote.connecting import look
from fillwright.engine.remote.settings import RemoteSettings
from fillwright.lsp_server.cli.doctor.finding import Finding, ok, wrong
from fillwright.lsp_server.cli.engine_probe import lines


def look_at_server(settings: RemoteSettings) -> Iterator[Finding]:
    """What the server is and what its model can do, a finding each."""
    try:
        found = look(settings)
    except FillwrightError as error:
        yield wrong("server", f"{settings.url} cannot be used", str(error))
        return
    for name, said in lines(found):
        yield ok(name, said)
