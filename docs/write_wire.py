"""Writes docs/openapi.json and docs/wire.md: the engine's HTTP routes, from the code that has them.

Run `make pages`; a test fails while the files are not what this writes, or a route of the engine is
not described here.
"""

import json
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from fillwright.engine.daemon.dialects import llama_cpp, openai
from fillwright.engine.daemon.wire import Health
from fillwright.engine.request import DoubtRequest, Doubts, Draft, Infill, InfillRequest, Memories

FOLDER = Path(__file__).parent
OURS, OPENAI, MISTRAL, LLAMA = "ours", "OpenAI", "Mistral", "llama.cpp"
# path, method: whose form it is, what is asked, what is answered, in words
ROUTES: dict[tuple[str, str], tuple[str, type | None, type | None, str]] = {
    ("/v1/infill", "post"): (OURS, InfillRequest, None, "Fill holes: a stream of events, `draft`s and then one `infill` or `error`."),
    ("/v1/doubts", "post"): (OURS, DoubtRequest, None, "Look for unlikely places: a stream with one `doubts` or `error`."),
    ("/v1/memory", "post"): (OURS, Memories, Health, "Files that the engine is to remember, or to forget; for the daemon's owner alone."),
    ("/v1/memory", "delete"): (OURS, None, Health, "Forget every workspace; for the owner alone."),
    ("/load", "get"): (OURS, None, Health, "How the engine is."),
    ("/load", "post"): (OURS, None, Health, "Try a failed load again."),
    ("/metrics", "get"): (OURS, None, None, "Prometheus text."),
    ("/v1/completions", "post"): (OPENAI, openai.Completion, None, "Completions with a `suffix`; a stream with `stream`."),
    ("/beta/completions", "post"): (OPENAI, openai.Completion, None, "The same, as DeepSeek's clients call it."),
    ("/v1/beta/completions", "post"): (OPENAI, openai.Completion, None, "The same, as DeepSeek's clients call it."),
    ("/v1/fim/completions", "post"): (MISTRAL, openai.Completion, None, "Fill in the middle, answered as a chat."),
    ("/fim/completions", "post"): (MISTRAL, openai.Completion, None, "The same."),
    ("/infill", "post"): (LLAMA, llama_cpp.Completion, None, "Fill between `input_prefix` and `input_suffix`."),
    ("/completion", "post"): (LLAMA, llama_cpp.Completion, None, "Go on after `prompt`."),
    ("/completions", "post"): (LLAMA, llama_cpp.Completion, None, "The same; OpenAI's where the body has a `model` and no `n_predict`."),
    ("/v1/models", "get"): (OPENAI, None, None, "The one model."),
    ("/v1/models/{id}", "get"): (OPENAI, None, None, "The same; 404 for another one."),
    ("/models", "get"): (OPENAI, None, None, "The same."),
    ("/models/{id}", "get"): (OPENAI, None, None, "The same; 404 for another one."),
    ("/props", "get"): (LLAMA, None, None, "How many tokens the model is shown."),
    ("/health", "get"): (LLAMA, None, None, "200 when the model is ready, else 503."),
    ("/v1/health", "get"): (LLAMA, None, None, "The same."),
}  # fmt: skip
SCHEMAS = {
    "InfillRequest": InfillRequest,
    "Draft": Draft,
    "Infill": Infill,
    "DoubtRequest": DoubtRequest,
    "Doubts": Doubts,
    "Memories": Memories,
    "Health": Health,
    "OpenAICompletion": openai.Completion,
    "LlamaCppCompletion": llama_cpp.Completion,
}
NAMES = {kind: name for name, kind in SCHEMAS.items()}
HEAD = """# The wire

Written by `docs/write_wire.py` from the code that serves it; [openapi.json](openapi.json) says the same to programs. How to reach the
engine, and what its answers mean, is in [the engine daemon](engine.md).

A TCP port wants `Authorization: Bearer ...`; the private socket wants nothing. Errors are `{"error": {"type", "message"}}`: 400 for a request
that cannot be used, 401 without the token, 404 for what is not here, 429 when too much
waits or a token has used up its minute (with `Retry-After`), 503 while there is no model, 500 when the engine failed.
Fields that are not named here are passed over.
"""


def openapi() -> dict[str, Any]:
    """The description as OpenAPI 3.1 has it."""
    schemas: dict[str, Any] = {}
    for name, kind in SCHEMAS.items():
        schema = TypeAdapter(kind).json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs", {})
        schemas[name] = schema | {"title": name}
    paths: dict[str, Any] = {}
    for (path, method), (form, asked, answered, text) in ROUTES.items():
        operation: dict[str, Any] = {"summary": text, "tags": [form]}
        if "{id}" in path:
            place = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
            operation["parameters"] = [place]
        if asked:
            operation["requestBody"] = {"required": True, "content": _content(asked)}
        answer: dict[str, Any] = {"description": text}
        if answered:
            answer["content"] = _content(answered)
        operation["responses"] = {"200": answer}
        paths.setdefault(path, {})[method] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Fillwright's engine", "version": "1", "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": "http://127.0.0.1:8411"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }  # fmt: skip


def page() -> str:
    """The same for people."""
    rows = [
        f"| `{method.upper()} {path}` | {form} | {_link(asked)} | {text} |"
        for (path, method), (form, asked, _, text) in ROUTES.items()
    ]
    parts = [HEAD, "| route | form of | asked with | |\n|---|---|---|---|", *rows, ""]
    for name, schema in openapi()["components"]["schemas"].items():
        parts += [f"## {name}", "", _prose(schema.get("description", "")), ""]
        parts += ["| field | type | default |", "|---|---|---|"]
        for field, kind in schema["properties"].items():
            default = f"`{json.dumps(kind['default'])}`" if "default" in kind else "needed"
            parts.append(f"| `{field}` | {_words(kind)} | {default} |")
        parts.append("")
    return "\n".join(parts)


def _content(kind: type) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{NAMES[kind]}"}}}


def _link(kind: type | None) -> str:
    return f"[{NAMES[kind]}](#{NAMES[kind].lower()})" if kind is not None else ""


def _prose(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines())


def _words(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(map(_words, schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        if "prefixItems" in schema:
            return "a pair of " + " and ".join(map(_words, schema["prefixItems"]))
        return "a list of " + _words(schema["items"])
    return str(schema.get("type", "anything"))


def write() -> dict[str, str]:
    """The files' names and texts."""
    assert all(is_dataclass(kind) for kind in SCHEMAS.values())
    return {"openapi.json": json.dumps(openapi(), indent=1) + "\n", "wire.md": page()}


if __name__ == "__main__":
    for name, text in write().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
