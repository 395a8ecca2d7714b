"""A text file on disk: its characters, and how they are written as bytes.

Knows no positions and no holes. What was read and not changed is written back byte for byte.
"""

import codecs
import io
import os
import shutil
import tempfile
import tokenize
from dataclasses import dataclass
from pathlib import Path

from fillwright.engine.errors import BadRequest

MAX_BYTES = 64 * 2**20

# utf-32-le's mark starts with utf-16-le's, so the longer ones are looked for first
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """`text` has the file's own line ends and no byte-order mark; `mark` is that mark."""

    path: Path
    text: str
    encoding: str
    mark: bytes

    def encoded(self, text: str) -> bytes:
        """`text` as the bytes of this file; BadRequest when its encoding cannot hold it."""
        try:
            return self.mark + text.encode(self.encoding)
        except UnicodeEncodeError as error:
            character = error.object[error.start]
            raise BadRequest(
                f"{self.path} is written in {self.encoding}, which has no {character!r}; "
                "nothing was written, try another --seed."
            ) from None


def read_source(path: Path) -> SourceFile:
    """Read a whole text file; BadRequest says why it cannot be read."""
    data = _read_bytes(path)
    mark, encoding = next(
        ((mark, encoding) for mark, encoding in _MARKS if data.startswith(mark)), (b"", "")
    )
    encoding = encoding or _declared_encoding(path, data)
    try:
        text = data[len(mark) :].decode(encoding)
        written_back = text.encode(encoding)
    except (UnicodeError, LookupError):
        raise BadRequest(
            f"{path} cannot be read as {encoding} text; give a text file, UTF-8 if in doubt."
        ) from None
    if "\0" in text:
        raise BadRequest(f"{path} is a binary file; give a text file.")
    if mark + written_back != data:
        raise BadRequest(
            f"{path} would not survive being rewritten as {encoding}; save it as UTF-8."
        )
    return SourceFile(path, text, encoding, mark)


def write_source(source: SourceFile, text: str) -> None:
    """Put `text` in the place of `source.text`, at once or not at all, keeping the permissions.

    BadRequest when the file is no longer the one that was read, or cannot be written.
    """
    data = source.encoded(text)
    # a symbolic link keeps being one: its target is what is replaced
    target = Path(os.path.realpath(source.path))
    if _read_bytes(target) != source.encoded(source.text):
        raise BadRequest(f"{source.path} changed while it was being filled; nothing was written.")
    try:
        _replace(target, data)
    except OSError as error:
        raise BadRequest(f"{source.path} cannot be written ({_reason(error)}).") from None


def _replace(target: Path, data: bytes) -> None:
    owner = target.stat()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
        if os.name == "posix" and (owner.st_uid, owner.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(name, owner.st_uid, owner.st_gid)
        shutil.copymode(target, name)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _read_bytes(path: Path) -> bytes:
    try:
        # opening a pipe or a device would wait, or never end
        if path.exists() and not path.is_file():
            kind = "folder" if path.is_dir() else "device or pipe"
            raise BadRequest(f"{path} is a {kind}; give a text file.")
        if path.stat().st_size > MAX_BYTES:
            raise BadRequest(f"{path} is larger than {MAX_BYTES // 2**20} MB; give a smaller file.")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise BadRequest(f"{path} cannot be read ({_reason(error)}).") from None


def _reason(error: OSError | ValueError) -> str:
    reason = error.strerror if isinstance(error, OSError) else None
    return (reason or str(error)).lower()


def _declared_encoding(path: Path, data: bytes) -> str:
    """UTF-8, or what a Python file declares in its first two lines (PEP 263)."""
    if path.suffix not in (".py", ".pyw", ".pyi"):
        return "utf-8"
    try:
        return tokenize.detect_encoding(io.BytesIO(data).readline)[0]
    except SyntaxError as error:
        raise BadRequest(
            f"{path} cannot be read ({error.msg}); save it as UTF-8 without a coding line."
        ) from None
