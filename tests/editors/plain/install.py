"""Installs Helix, Emacs and a tmux, Debian's packages, into one folder."""

import shutil
from pathlib import Path

from tests.editors.debian import download, make_runnable, script, unpack

PROGRAMS = ("hx", "emacs-nox", "tmux")
PACKAGES = (*PROGRAMS, "elpa-package-lint")
# what Emacs could compile Lisp with
NOT_NEEDED = ("usr/share/doc", "usr/include", "usr/lib/gcc", "usr/share/man", "usr/share/locale")


def install(folder: Path) -> None:
    """Its `bin` has `hx`, `emacs` and `tmux`, `package-lint` is for Emacs. Raises
    CannotInstallError."""
    ready = folder / "ready"
    if ready.exists() and ready.read_text(encoding="utf-8").split() == list(PACKAGES):
        return
    shutil.rmtree(folder, ignore_errors=True)
    for deb in download(PACKAGES, folder / "apt"):
        unpack(deb, folder / "root", NOT_NEEDED)
    shutil.rmtree(folder / "apt")
    usr = (folder / "root/usr").resolve()
    make_runnable(PROGRAMS, usr)
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
    lint = next((usr / "share/emacs/site-lisp/elpa-src").glob("package-lint-[0-9]*"))
    (folder / "package-lint").symlink_to(lint)
    ready.write_text("\n".join(PACKAGES), encoding="utf-8")
