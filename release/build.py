"""Builds the packages of a commit into dist/: `python release/build.py wheel sdist vsix nvim`.

What is built comes from the commit alone (HEAD), never from the work tree, in a folder that is
removed afterwards. All times are the commit's (SOURCE_DATE_EPOCH), so the same commit and the same
tools give the same bytes; `SHA256SUMS` lets two builds be compared. Run by `make dist`, with the
packages of release/requirements.txt.
"""

import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
PLUGIN = "editors/nvim"


def main(wanted: list[str]) -> None:
    """Build what is wanted, all of it where nothing is named."""
    os.umask(0o022)
    epoch = _git("log", "-1", "--format=%ct")
    os.environ["SOURCE_DATE_EPOCH"] = epoch
    DIST.mkdir(exist_ok=True)
    for name in wanted or list(BUILDERS):
        with tempfile.TemporaryDirectory(prefix="fillwright-") as folder:
            BUILDERS[name](_exported(Path(folder)))
    _write_sums()


def build_wheel(source: Path) -> None:
    """The wheel of this machine's platform, with the CPU kernels and the embedded model."""
    _build(source, DIST, "--wheel", f"-C--build-option=bdist_wheel --plat-name={_platform()}")


def build_sdist(source: Path) -> None:
    """The source distribution; a wheel can be built from it."""
    _run([sys.executable, "-P", "release/sdist.py", str(DIST)], source)


def build_vsix(source: Path) -> None:
    """The VS Code extension, with the source distribution in it, which is for every platform."""
    _run(["make", "--silent", "vsix", f"PYTHON={sys.executable}"], source)
    (package,) = (source / "editors" / "vscode" / "dist").glob("*.vsix")
    shutil.copy(package, DIST)


def build_nvim(_: Path) -> None:
    """The Neovim plugin as a git repository of its own, with its part of the history and a tag."""
    repository = DIST / "fillwright.nvim"
    shutil.rmtree(repository, ignore_errors=True)
    commit = _git("subtree", "split", f"--prefix={PLUGIN}", "HEAD")
    _run(["git", "init", "--quiet", "--initial-branch=main", str(repository)], ROOT)
    _run(["git", "fetch", "--quiet", str(ROOT), commit], repository)
    _run(["git", "reset", "--quiet", "--hard", commit], repository)
    _run(["git", "tag", f"v{_version()}"], repository)


BUILDERS: dict[str, Callable[[Path], None]] = {
    "wheel": build_wheel,
    "sdist": build_sdist,
    "vsix": build_vsix,
    "nvim": build_nvim,
}


def _exported(folder: Path) -> Path:
    """The commit's files, all of them from the commit's time."""
    archive = subprocess.run(
        ["git", "-c", "core.autocrlf=false", "archive", "HEAD"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder


def _build(source: Path, target: Path, *options: str) -> None:
    command = [sys.executable, "-P", "-m", "build", "--no-isolation", "--outdir", str(target)]
    _run([*command, *options, str(source)], ROOT)


def _platform() -> str:
    """What the kernels need, as zig_target() of kernels/cpu/compiling.py builds them."""
    machine = platform.machine().lower()
    if sys.platform == "darwin":
        return f"macosx_11_0_{machine}"
    if sys.platform == "win32":
        return f"win_{machine}"
    libc = "manylinux_2_17" if platform.libc_ver()[0] == "glibc" else "musllinux_1_1"
    return f"{libc}_{machine}"


def _write_sums() -> None:
    files = sorted(DIST.glob(f"fillwright-{_version()}[-.]*"))
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (DIST / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")
    print("".join(sums), end="")


def _version() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main(sys.argv[1:])
