"""Makes a virtual environment and installs the package that lies beside this file into it.

The extension's install button runs this in a terminal: `python3 install.py FOLDER`.
"""

import subprocess
import sys
import venv
from pathlib import Path


def main(folder: Path) -> None:
    """Leave the `fillwright` command in `folder`, which is made or brought up to date."""
    if sys.version_info < (3, 11):  # noqa: UP036 - the user's python3 may be any
        sys.exit(f"Fillwright needs Python 3.11 or newer; {sys.executable} is {sys.version[:6]}")
    packages = sorted(Path(__file__).parent.glob("fillwright-*.tar.gz"))
    if not packages:
        sys.exit("This build of the extension brings no server; `make vsix` makes one that does.")
    print(f"Installing {packages[-1].name} into {folder} ...", flush=True)
    venv.create(folder, with_pip=True, upgrade_deps=False)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    subprocess.run([python, "-m", "pip", "install", "--upgrade", packages[-1]], check=True)
    print("Done: Fillwright starts now.")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
