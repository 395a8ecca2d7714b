"""Writes docs/licences.md: what each package of the locks says of its licence, and who gets it.

Run `make pages` after a change of constraints.txt or of the VS Code extension's packages; a test
fails while the page is another one.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, requires
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
OUTPUT = Path(__file__).parent / "licences.md"
NPM_LOCK = ROOT / "editors" / "vscode" / "package-lock.json"
# what esbuild puts into the extension; all other npm packages only build and test it
BUNDLED = ["vscode-languageclient", "@vscode/l10n"]
SHORT = 60
HEAD = """# Licences

Written by `docs/write_licences.py` from `constraints.txt`, from the VS Code extension's lock file, and from what each package says of
itself.

| part | licence |
|---|---|
| Fillwright's code, its documentation and pictures | Apache-2.0 |
| the weights and the tokenizer of `fillwright-small` | Apache-2.0 |
| the text that they were trained on | packages with permissive licences, each named in `engine/training/packages.toml` or on the model card, and Python's standard library (PSF-2.0). The text is not in any package of ours |
| completion for bash, zsh and fish | in part shtab's own text, MPL-2.0, which binds those files only; the rest is made from our command |
| grammars | each is a package of its own below. `tree-sitter-languages` holds some thirty more in one file; the package says Apache-2.0, and its grammars' own repositories have not been read one by one |
| DiffusionGemma's architecture | no code of it is copied; the tests compare with transformers (Apache-2.0). Weights of Google's models come with their own terms, which `fillwright pull` prints |
"""


@dataclass(frozen=True, slots=True)
class Package:
    """A name in the lock, its licence in the package's own words, or None where it is not installed
    here, and who gets it."""

    name: str
    licence: str | None
    gets_it: Literal["everyone", "gpu", "developers"]


def python_packages() -> list[Package]:
    """Those of constraints.txt, in its order."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    names = [line.split("==")[0] for line in lines if "==" in line]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    everyone = _needed(project["dependencies"])
    gpu = _needed(project["optional-dependencies"]["gpu"])

    def package(name: str) -> Package:
        known = canonicalize_name(name)
        gets_it = "everyone" if known in everyone else "gpu" if known in gpu else "developers"
        return Package(name, _licence(name), gets_it)

    return [package(name) for name in names]


def npm_packages() -> list[Package]:
    """Those that end up in the VS Code extension."""
    lock = json.loads(NPM_LOCK.read_text("utf-8"))["packages"]
    found, todo = {}, list(BUNDLED)
    while todo:
        name = todo.pop()
        if name not in found:
            package = lock[f"node_modules/{name}"]
            found[name] = Package(name, package.get("license"), "everyone")
            todo += package.get("dependencies", {})
    return sorted(found.values(), key=lambda package: package.name)


def page(known: dict[str, str]) -> str:
    """The whole page. `known` has the licences of packages that are not installed here."""
    python = python_packages()
    return "\n".join(
        [
            HEAD,
            *_table("Installed with Fillwright", _of("everyone", python), known),
            *_table("Installed with the extra `gpu`", _of("gpu", python), known),
            *_table("In the VS Code extension", npm_packages(), known),
            *_table("For development only", _of("developers", python), known),
        ]
    )


def _of(gets_it: str, packages: list[Package]) -> list[Package]:
    return [package for package in packages if package.gets_it == gets_it]


def written() -> dict[str, str]:
    """The licences that the page on disk says."""
    text = OUTPUT.read_text("utf-8") if OUTPUT.exists() else ""
    return dict(re.findall(r"^\| `(\S+)` \| (.+) \|$", text, re.MULTILINE))


def _table(title: str, packages: list[Package], known: dict[str, str]) -> Iterator[str]:
    yield from (f"## {title}", "", "| package | licence |", "|---|---|")
    for package in packages:
        yield f"| `{package.name}` | {package.licence or known[package.name]} |"
    yield ""


def _needed(wanted: list[str]) -> set[str]:
    """The normalised names of everything that these requirements bring, where it is known here."""
    found: set[str] = set()
    todo = [Requirement(text) for text in wanted]
    while todo:
        name = canonicalize_name(todo.pop().name)
        if name in found:
            continue
        found.add(name)
        with suppress(PackageNotFoundError):
            needs = [Requirement(text) for text in requires(name) or ()]
            # an extra is nobody's unless it is asked for
            todo += [need for need in needs if "extra ==" not in str(need.marker)]
    return found


def _licence(name: str) -> str | None:
    try:
        said = metadata(name)
    except PackageNotFoundError:
        return None
    own = said.get("License-Expression") or said.get("License") or ""
    if (own and "\n" not in own and len(own) <= SHORT) or said.get("License-Expression"):
        return own
    classes = [line for line in said.get_all("Classifier") or [] if line.startswith("License")]
    return ", ".join(line.rpartition(" :: ")[2] for line in classes) or "not said"


if __name__ == "__main__":
    OUTPUT.write_text(page(written()), encoding="utf-8")
