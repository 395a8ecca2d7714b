"""Makes the training text: downloads packages, sieves their files, learns the vocabulary, stores.

Knows grammars and package names; knows nothing of tensors or of how batches are drawn.
"""

import hashlib
import json
import random
import shutil
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import islice, repeat
from pathlib import Path
from typing import Literal

from fillwright.engine.errors import BadRequest
from fillwright.engine.sources.corpus import SPAN_KINDS, Corpus
from fillwright.engine.sources.packages import (
    SourceFile,
    archives,
    download_from_npm,
    download_from_pip,
    installed_files,
    normalised,
    package_files,
    standard_library,
)
from fillwright.engine.training.sieve import Sieve
from fillwright.engine.training.vocabulary import train_vocabulary

TextSource = Literal["downloads", "archives", "installed"]
HELD_OUT_SHARE = 0.005
KEPT_TESTS_SHARE = 0.4
VOCABULARY_CHARACTERS = 30_000_000
PACKAGE_CHARACTERS = 24_000_000
DOCUMENT_SPANS = 160
"""What is held out; how many tests are kept, which repeat themselves; and limits, so that no
package and no file outweighs the others. Set by hand, by a look at what was left out."""


def build_corpus(
    folder: Path,
    benchmarks: Iterable[str],
    projects: Iterable[str],
    vocabulary_size: int,
    tokenizer: Path | None = None,
    source: TextSource = "downloads",
    only: Collection[str] = (),
) -> dict[str, int]:
    """Download, sieve and store: `train.npz.xz`, `held_out.npz.xz`, `tokenizer.json` (learnt, or a
    copy of `tokenizer`), `sources.json`. Returns counts for the model card.

    Beside the standard library it is of packages as `source` says: what lies in `archives`, with
    all others downloaded to it first, or what is installed. With `only` the packages of that name
    alone are taken of the list; raises BadRequest for one not in it.
    `benchmarks` and `projects` are texts that the corpus stays clear of, as the sieve does.
    """
    packages = _listed(only)
    (folder / "archives").mkdir(parents=True, exist_ok=True)
    if source == "downloads":
        download_from_pip(packages["python"], folder / "archives")
        download_from_npm(packages["npm"], folder / "archives")
    names = {normalised(name) for table in packages.values() for name in table}
    sieve = Sieve(benchmarks, projects)
    files = _installed(names) if source == "installed" else _all_files(folder / "archives", names)
    kept = list(_kept(files, sieve))
    random.Random(0).shuffle(kept)
    if tokenizer is not None:
        shutil.copyfile(tokenizer, folder / "tokenizer.json")
    else:
        texts = _up_to((file.text for file in kept), VOCABULARY_CHARACTERS)
        train_vocabulary(texts, vocabulary_size).save(str(folder / "tokenizer.json"))
    corpus_of(file for file in kept if is_held_out(file)).save(folder / "held_out.npz.xz")
    corpus_of(file for file in kept if not is_held_out(file)).save(folder / "train.npz.xz")
    learnt = sorted({file.package for file in kept})
    (folder / "sources.json").write_text(json.dumps(learnt, indent=1), encoding="utf-8")
    characters: Counter[str] = Counter()
    for file in kept:
        characters[f"characters ({file.language})"] += len(file.text)
    dropped = {f"dropped ({reason})": count for reason, count in sieve.dropped.items()}
    return {"files": len(kept)} | characters | dropped


def _listed(only: Collection[str]) -> dict[str, list[str]]:
    """The names of the list, by where they come from; of these `only`, where there are any."""
    packages = tomllib.loads((Path(__file__).parent / "packages.toml").read_text("utf-8"))
    unknown = set(only).difference(*packages.values())
    if unknown:
        raise BadRequest(
            f"{min(unknown)} is no package of engine/training/packages.toml; give names from there."
        )
    return {
        place: [name for name in table if not only or name in only]
        for place, table in packages.items()
    }


def is_held_out(file: SourceFile) -> bool:
    """Whether a file is never trained on; its name alone decides."""
    return _share(file, "held out") < HELD_OUT_SHARE


def _all_files(folder: Path, names: set[str]) -> Iterator[SourceFile]:
    yield from standard_library()
    for archive in archives(folder):
        # another order than by name: a large package is cut, and not after its first folder
        files = sorted(package_files(archive), key=lambda file: _share(file, "order"))
        yield from (file for file in files if file.package in names)


def _installed(names: set[str]) -> Iterator[SourceFile]:
    yield from standard_library()
    yield from sorted(installed_files(names), key=lambda file: _share(file, "order"))


def _kept(files: Iterable[SourceFile], sieve: Sieve) -> Iterator[SourceFile]:
    """What passes the sieve, few tests, and of each package no more than its share."""
    characters: Counter[str] = Counter()
    for file in files:
        if file.is_test and _share(file, "tests") >= KEPT_TESTS_SHARE:
            continue
        if characters[file.package] < PACKAGE_CHARACTERS and sieve.keeps(file):
            characters[file.package] += len(file.text)
            yield file


def _share(file: SourceFile, purpose: str) -> float:
    """A number in [0, 1) that depends on the file's name alone."""
    key = f"{purpose}/{file.package}/{file.path}".encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=4).digest(), "little") / 2**32


def _up_to(texts: Iterable[str], characters: int) -> Iterator[str]:
    for text in texts:
        if characters <= 0:
            return
        characters -= len(text)
        yield text


def corpus_of(files: Iterable[SourceFile]) -> Corpus:
    """The files, and after them the functions of theirs that stand alone, by their weights."""
    whole = list(files)
    functions = list(_functions(whole))
    listed = whole + functions
    found = {file: list(islice(_spans(file), DOCUMENT_SPANS)) for file in dict.fromkeys(listed)}
    return Corpus.of(
        [file.text for file in listed],
        [found[file] for file in listed],
        [file.language for file in listed],
        [False] * len(whole) + [True] * len(functions),
    )


def _functions(files: Iterable[SourceFile]) -> Iterator[SourceFile]:
    from fillwright.engine.training.standalone import standalone_functions

    seen = set[str]()
    for file in files:
        if file.language != "python":
            continue
        for function in standalone_functions(file.text):
            if function.text not in seen:
                seen.add(function.text)
                yield from repeat(replace(file, text=function.text), function.weight)


def _spans(file: SourceFile) -> Iterator[tuple[int, int, int]]:
    """Kind, start and end of every span: bodies first, for functions are cut out by them, then the
    others in an order that any number of them is a fair part of."""
    from fillwright.engine.syntax.spans import spans

    found = list(spans(file.text, file.language))
    random.Random(0).shuffle(found)
    found.sort(key=lambda span: span.kind != "body")
    return ((SPAN_KINDS.index(span.kind), span.start, span.end) for span in found)
