"""The JSON objects in a body that arrives in pieces: server-sent events, or one object a line.

Knows bytes; knows nothing of HTTP. Whatever comes, it is bounded.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

from fillwright.engine.remote.question import Format

LONGEST_BODY = 4 * 1024 * 1024
DONE = b"[DONE]"


class BadAnswerError(Exception):
    """A body that is not what was asked for; says what it is instead."""


def plain(body: bytes) -> Any:
    """The JSON of a whole body. Raises `BadAnswerError`."""
    if not body.strip():
        raise BadAnswerError("sent an empty answer")
    try:
        return json.loads(body.decode())
    except UnicodeDecodeError:
        raise BadAnswerError("sent text that is not UTF-8") from None
    except (ValueError, RecursionError):
        raise BadAnswerError("sent something else than JSON") from None


async def bounded(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks, as long as they are not too many. Raises `BadAnswerError`."""
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > LONGEST_BODY:
            raise BadAnswerError(f"sent more than {LONGEST_BODY >> 20} MB")
        yield chunk


async def objects(chunks: AsyncIterator[bytes], form: Format) -> AsyncIterator[dict[str, Any]]:
    """The objects of a stream until it ends or says that it is done.

    A server that does not stream answers with one object, which is taken for a stream of one.
    Raises `BadAnswerError`.
    """
    found, whole = False, list[bytes]()
    async for line in _lines(bounded(chunks)):
        if form == "sse" and not line.startswith(b"data:"):
            # event names, comments that keep a connection alive, or no events at all
            if not found:
                whole.append(line)
            continue
        data = line.removeprefix(b"data:").strip() if form == "sse" else line.strip()
        if data == DONE:
            return
        if data:
            found = True
            yield _object(data)
    if not found:
        yield _object(b"\n".join(whole))


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    parts: list[bytes] = []
    async for chunk in chunks:
        *complete, rest = chunk.split(b"\n")
        for line in complete:
            yield b"".join([*parts, line]).removesuffix(b"\r")
            parts = []
        parts.append(rest)
    if last := b"".join(parts):
        yield last


def _object(data: bytes) -> dict[str, Any]:
    value = plain(data)
    if not isinstance(value, dict):
        raise BadAnswerError("sent JSON of another form than expected")
    return value
