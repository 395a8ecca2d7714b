"""`fillwright engine probe URL`: what a model server is, and the settings to use it with."""

import json

from fillwright.engine.remote.connecting import look
from fillwright.engine.remote.probe import Found
from fillwright.engine.remote.settings import RemoteSettings


def probe_command(settings: RemoteSettings) -> int:
    """Ask the server and print what it is; gives the exit code."""
    found = look(settings)
    for name, said in lines(found):
        print(f"{name + ':':<10} {said}")
    print(json.dumps({"fillwright": {"engine": _as_settings(found, settings)}}, indent=2))
    return 0


def lines(found: Found) -> list[tuple[str, str]]:
    """What was found, for people."""
    others = [model for model in found.models if model != found.model]
    return [
        ("server", " ".join(filter(None, (found.kind, found.version)))),
        ("model", found.model + (f" (also: {', '.join(others[:8])})" if others else "")),
        ("context", f"{found.context_tokens} tokens"),
        ("infills", _how(found)),
        ("denoises", f"yes, {found.canvas.width} tokens at once" if found.canvas else "no"),
    ]


def _how(found: Found) -> str:
    if found.canvas is not None:
        return "yes, on a canvas"
    if found.family is not None:
        return f"yes, asked in the form of {found.family.name}"
    return "yes, the server knows its model's form"


def _as_settings(found: Found, settings: RemoteSettings) -> dict[str, object]:
    """No more than is needed to find the same again without asking what the server is."""
    needed: dict[str, object] = {"url": settings.url, "kind": found.kind, "model": found.model}
    if found.family is not None:
        needed["template"] = settings.template or found.family.name
    if settings.key_variable is not None:
        needed["keyVariable"] = settings.key_variable
    if settings.plain_http:
        needed["plainHttp"] = True
    return needed
