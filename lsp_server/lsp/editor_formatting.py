"""How an editor indents, as it says with any request: `formattingOptions`, in the form that
Copilot's clients send with inline completion, beside the document or within a place to fill.

Knows plain JSON and no handlers.
"""

from collections.abc import Iterator

from fillwright.lsp_server.text.formatting import Formatting


def formatting_said(params: object) -> Iterator[tuple[str, Formatting]]:
    """The uri and the indentation of every document that a request's params speak of. What has
    another shape is left to those who read the request."""
    if not isinstance(params, dict):
        return
    arguments = params.get("arguments")
    for place in (params.get("textDocument"), *(arguments if isinstance(arguments, list) else ())):
        if not isinstance(place, dict) or not isinstance(place.get("uri"), str):
            continue
        formatting = _formatting(place.get("formattingOptions", params.get("formattingOptions")))
        if formatting is not None:
            yield place["uri"], formatting


def _formatting(options: object) -> Formatting | None:
    if not isinstance(options, dict):
        return None
    size, spaces = options.get("tabSize"), options.get("insertSpaces")
    if type(size) is not int or size < 1 or type(spaces) is not bool:
        return None
    return Formatting(size, spaces)
