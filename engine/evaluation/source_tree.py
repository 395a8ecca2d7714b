"""The source texts that paths name: files, folders of files, and the files held out of a corpus.

Knows files and languages; knows no holes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fillwright.engine.errors import BadRequest
from fillwright.engine.syntax.grammars import has_queries
from fillwright.engine.syntax.languages import language_of_file

LONGEST = 200_000
NOT_SOURCE = {"node_modules", "__pycache__", "dist", "build", "vendor"}
CORPUS = ".npz.xz"


@dataclass(frozen=True, slots=True)
class Source:
    """A text of code with LF line ends; `language` is its language id."""

    name: str
    text: str
    language: str


def read_sources(paths: Iterable[Path]) -> tuple[list[Source], int]:
    """Every text of code that the paths name or hold, in order, and how many were left out.

    Left out are texts that are empty, too long or not UTF-8. Not even looked at, in a folder, are
    hidden folders and those of other people's or generated code. A path that ends in `.npz.xz` is
    a corpus that `fillwright train corpus` made (`held_out.npz.xz` is what no model has learnt).
    Raises BadRequest when a path cannot be read or there is nothing to read.
    """
    found = [source for path in dict.fromkeys(paths) for source in _sources(path)]
    kept = [source for source in found if source and 0 < len(source.text) <= LONGEST]
    if not kept:
        raise BadRequest("these paths hold no text of a language whose functions are known.")
    return list(dict.fromkeys(kept)), len(found) - len(kept)


def _sources(path: Path) -> Iterator[Source | None]:
    if path.name.endswith(CORPUS) and path.is_file():
        yield from _of_corpus(path)
    elif path.is_file() or path.is_dir():
        for file in _files(path):
            language = language_of_file(file)
            if has_queries(language):
                yield _of_file(file, language)
    else:
        raise BadRequest(f"{path} is not there.")


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for file in sorted(path.rglob("*")):
        folders = file.relative_to(path).parts[:-1]
        others = any(name.startswith(".") or name in NOT_SOURCE for name in folders)
        if not others and file.is_file():
            yield file


def _of_file(path: Path, language: str) -> Source | None:
    try:
        return Source(path.as_posix(), path.read_text("utf-8"), language)
    except UnicodeDecodeError:
        return None
    except OSError as error:
        raise BadRequest(f"{path} cannot be read ({error.strerror}).") from None


def _of_corpus(path: Path) -> Iterator[Source]:
    from fillwright.engine.sources.corpus import Corpus

    corpus = Corpus.load(path)
    for number in range(len(corpus)):
        if not corpus.standalone[number]:
            name = f"{path.as_posix()}/{number}"
            yield Source(name, corpus.document(number), corpus.language(number))
