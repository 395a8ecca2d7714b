"""The paths of local files that URIs name. Knows no files."""

import os
import re
from urllib.parse import unquote, urlsplit

SCHEMES = ("file", "vscode-notebook-cell")
DRIVE = re.compile(r"/[a-zA-Z]:")


def file_path(uri: str, *, windows: bool = os.name == "nt") -> str | None:
    """The path that a file's URI names, or that of a notebook's cell; None for any other URI.

    A host gives the path of a network share (`//host/share`), and a drive's letter is lower case,
    as VS Code has it.
    """
    parts = urlsplit(uri)
    if parts.scheme not in SCHEMES:
        return None
    host, path = unquote(parts.netloc), unquote(parts.path)
    if host and path:
        path = f"//{host}{path}"
    elif DRIVE.match(path):
        path = path[1].lower() + path[2:]
    return path.replace("/", "\\") if windows else path
