"""The way to the server that the user has named: certificates, the user's proxy, and connections
that are kept between two pauses of somebody who types.

Knows httpx's transport, not its client: what that does for every request (cookies, redirections,
authentication, choosing a proxy) is not wanted here, and takes longer than sending.
"""

import os
import ssl
import urllib.request

import httpx

from fillwright.engine.errors import BadRequest
from fillwright.engine.remote.settings import Address

KEPT_S = 60
"""Seconds that an idle connection is kept; servers that close theirs earlier are noticed."""


def transport_to(address: Address) -> httpx.AsyncHTTPTransport:
    """Raises `BadRequest` where the user's certificates cannot be read."""
    return httpx.AsyncHTTPTransport(
        verify=_certificates(),
        # the variables that count are looked at here
        trust_env=False,
        limits=httpx.Limits(keepalive_expiry=KEPT_S),
        proxy=_proxy(address),
    )


def _certificates() -> ssl.SSLContext | bool:
    """The authorities that the user names by OpenSSL's own variables, else those that are
    common."""
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if not (file or folder):
        return True
    try:
        return ssl.create_default_context(cafile=file or None, capath=folder or None)
    except (OSError, ssl.SSLError) as error:
        raise BadRequest(
            f"The certificates in {file or folder} cannot be read; set SSL_CERT_FILE to a PEM file."
        ) from error


def _proxy(address: Address) -> str | None:
    """The proxy that the user's variables name for the server. Between two programs of this machine
    it has no business."""
    if address.is_here or urllib.request.proxy_bypass(address.host):
        return None
    proxies = urllib.request.getproxies()
    scheme = address.base.split(":", 1)[0]
    proxy = proxies.get(scheme) or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"
