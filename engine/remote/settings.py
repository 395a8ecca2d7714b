"""Which model server the user has named, and whether it may be talked to. Sends nothing."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import SplitResult, urlsplit

from fillwright.engine.errors import BadRequest

Kind = Literal[
    "auto",
    "llama.cpp",
    "openai",
    "openai-suffix",
    "ollama",
    "mistral",
    "mercury",
    "vllm-diffusion",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
ENDINGS: Mapping[str, Kind | None] = {
    "/infill": "llama.cpp",
    "/api/generate": "ollama",
    "/v1/fim/completions": None,
    "/v1/chat/completions": None,
    "/v1/completions": None,
    "/v1": None,
}
"""Ends of URLs that people copy from other tools' settings, and the kind that each one gives
away."""
HOSTS: Mapping[str, Kind] = {
    "api.mistral.ai": "mistral",
    "codestral.mistral.ai": "mistral",
    "api.inceptionlabs.ai": "mercury",
}
URL_VARIABLE = "FILLWRIGHT_ENGINE_URL"


@dataclass(frozen=True, slots=True)
class RemoteSettings:
    """A model server: its `url`, and what cannot be found out by asking it.

    `template` is a family of `templates.FAMILIES`, or a text with `{prefix}` and `{suffix}`.
    `key_variable` names the environment variable that holds the key. `plain_http`: code and key
    may travel unencrypted to another machine. `samples`: how many fills are compared where the
    server gives no probabilities. `instructions`: its model does what it is told in words.
    """

    url: str
    kind: Kind = "auto"
    model: str | None = None
    template: str | None = None
    key_variable: str | None = None
    plain_http: bool = False
    samples: int = 2
    instructions: bool = False

    def address(self) -> "Address":
        """Where requests go. Raises `BadRequest` where that must not, or cannot, be."""
        try:
            parts = urlsplit(self.url.strip())
            # an impossible port is found only when it is asked for
            is_url = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            is_url = False
        if not is_url:
            raise BadRequest(
                f"{_short(self.url)} is no URL of an engine; write one such as "
                "http://127.0.0.1:8012."
            )
        if parts.username or parts.password or parts.query:
            raise BadRequest(
                "The engine's URL must hold no key; put it into an environment variable and name "
                "that in fillwright.engine.keyVariable."
            )
        address = _address(parts)
        if parts.scheme == "http" and not address.is_here and not self.plain_http:
            raise BadRequest(
                f"Your code would go to {address.host} unencrypted; use https, or set "
                "fillwright.engine.plainHttp if that network is yours alone."
            )
        return address

    def key(self) -> str | None:
        """The key, None where none is named. Raises `BadRequest` when the variable is empty."""
        if self.key_variable is None:
            return None
        key = os.environ.get(self.key_variable, "").strip()
        if not key or not key.isascii() or not key.isprintable():
            raise BadRequest(
                f"The environment variable {self.key_variable} holds no key for the engine; set "
                "it where your editor is started."
            )
        return key


@dataclass(frozen=True, slots=True)
class Address:
    """`base` has no slash at its end; `host` is what people are told, with its port."""

    base: str
    host: str
    is_here: bool
    kind: Kind | None


def url_for(named: str | None, checkpoint: Path | None) -> str | None:
    """The URL that was named, or that of the environment, which a named checkpoint outweighs."""
    if named or checkpoint is not None:
        return named or None
    return os.environ.get(URL_VARIABLE) or None


def _address(parts: SplitResult) -> Address:
    hostname, path = parts.hostname or "", parts.path.rstrip("/")
    kind = HOSTS.get(hostname)
    for ending, known in ENDINGS.items():
        if path.endswith(ending):
            path, kind = path.removesuffix(ending), known or kind
            break
    base = f"{parts.scheme}://{parts.netloc}{path.rstrip('/')}"
    return Address(base, parts.netloc, _is_here(hostname), kind)


def _is_here(hostname: str) -> bool:
    if hostname == "localhost" or hostname.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(hostname).is_loopback
    except ValueError:
        return False


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "...")
