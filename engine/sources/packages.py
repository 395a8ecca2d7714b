"""Source files out of packages that pip and npm download by name, and out of the standard library.

Knows archives and file names; which files are worth learning from, the sieve says.
"""

import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path, PurePosixPath

OUTSIDE_STDLIB = {"site-packages", "test", "tests", "idle_test", "lib2to3", "__pycache__"}
LANGUAGE_OF = {
    ".py": "python",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".jsx": "javascript",
    ".ts": "typescript",
    ".mts": "typescript",
    ".tsx": "typescript",
}
# what a compiler or a bundler left in an npm package, and declarations without code
BUILT = re.compile(
    r"/(dist|build|umd|cjs|es|esm|es5|esm5|bundles?|vendor|_cjs|_esm|lib\.commonjs|lib\.esm|lib6)/"
    r"|\.min\.|\.d\.[mc]?ts$"
)


@dataclass(frozen=True, slots=True)
class SourceFile:
    package: str
    path: str
    text: str

    @property
    def language(self) -> str:
        return LANGUAGE_OF[PurePosixPath(self.path).suffix]

    @property
    def is_test(self) -> bool:
        return re.search(r"(^|/)(tests?|testing)/|(^|/)(test_|conftest)", self.path) is not None


def download_from_pip(packages: Iterable[str], folder: Path) -> None:
    """Fetch one wheel or sdist per package into `folder`; those already there stay.

    Raises subprocess.CalledProcessError when pip does not know a package.
    """
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder)]
    _download(pip, packages, folder)


def download_from_npm(packages: Iterable[str], folder: Path) -> None:
    """Fetch one tarball per package into `folder`; those already there stay.

    Raises subprocess.CalledProcessError when npm does not know a package.
    """
    npm = ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder)]
    _download(npm, packages, folder)


def archives(folder: Path) -> list[Path]:
    ends = (".whl", ".tar.gz", ".tgz")
    return sorted(path for path in folder.iterdir() if path.name.endswith(ends))


def package_files(archive: Path) -> Iterator[SourceFile]:
    """Every source file of a wheel, sdist or npm tarball that somebody wrote."""
    package = package_of(archive)
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for name in sorted(wheel.namelist()):
                if _is_source(name):
                    yield from _source(package, name, wheel.read(name))
        return
    with tarfile.open(archive) as tarball:
        for member in tarball:
            if member.isfile() and _is_source(member.name):
                file = tarball.extractfile(member)
                if file is not None:
                    yield from _source(package, member.name, file.read())


def standard_library() -> Iterator[SourceFile]:
    root = Path(sysconfig.get_path("stdlib"))
    for path in sorted(root.rglob("*.py")):
        inside = path.relative_to(root)
        if not OUTSIDE_STDLIB & set(inside.parts):
            yield from _source("python", inside.as_posix(), path.read_bytes())


def installed_files(names: Iterable[str]) -> Iterator[SourceFile]:
    """Every Python file of the packages with these normalised names that are installed beside the
    running interpreter; a file that is listed and gone is passed over."""
    wanted = set(names)
    for found in distributions():
        package = normalised(found.name)
        if package in wanted:
            for listed in sorted(found.files or (), key=str):
                path = Path(str(found.locate_file(listed)))
                if listed.suffix == ".py" and path.is_file():
                    yield from _source(package, listed.as_posix(), path.read_bytes())


def package_of(archive: Path) -> str:
    """An archive's normalised project name: `@scope/name` of npm is `scope-name`."""
    if archive.suffix == ".tgz":
        return normalised(re.sub(r"-\d.*", "", archive.name))
    return normalised(archive.name.split("-")[0])


def normalised(name: str) -> str:
    """A package's name as `package_of` gives it."""
    return re.sub(r"[._/]+", "-", name.removeprefix("@")).lower()


def _download(command: list[str], packages: Iterable[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    have = {package_of(archive) for archive in archives(folder)}
    for name in packages:
        if normalised(name) not in have:
            subprocess.run([*command, name], check=True, stdout=subprocess.DEVNULL)


def _is_source(name: str) -> bool:
    suffix = PurePosixPath(name).suffix
    return suffix in LANGUAGE_OF and (suffix == ".py" or not BUILT.search(name))


def _source(package: str, path: str, raw: bytes) -> Iterator[SourceFile]:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    yield SourceFile(package, path, text)
