"""Projects to type in: downloaded by name, their source files laid out as their authors had them.

Knows registries by pip and npm only; knows no model.
"""

import re
import tomllib
from pathlib import Path
from typing import Literal

from fillwright.engine.sources.packages import (
    archives,
    download_from_npm,
    download_from_pip,
    normalised,
    package_files,
    package_of,
)

ProjectSet = Literal["fit", "report"]

LIST = Path(__file__).parent / "projects.toml"
VERSION = re.compile(r"(?<=.)(?:==|@)[\d.]+$")


def project_names(part: ProjectSet) -> list[str]:
    """The projects of a part of the list, without their versions."""
    listed = tomllib.loads(LIST.read_text("utf-8"))[part]
    return [VERSION.sub("", name) for table in listed.values() for name in table]


def fetch_projects(part: ProjectSet, folder: Path) -> list[Path]:
    """Download a part of the list into `folder` and unpack it there; gives each project's folder.

    Left out are tests, what a compiler made, and a Python package's scripts for the browser, which
    are mostly other people's. Raises subprocess.CalledProcessError when a registry cannot be
    reached.
    """
    listed = tomllib.loads(LIST.read_text("utf-8"))[part]
    store = folder / ".archives"
    have = {package_of(archive) for archive in archives(store)} if store.exists() else set()

    def missing(table: str) -> list[str]:
        return [name for name in listed[table] if normalised(VERSION.sub("", name)) not in have]

    download_from_pip(missing("python"), store)
    download_from_npm(missing("npm"), store)
    wanted = {normalised(name) for name in project_names(part)}
    found = []
    for archive in archives(store):
        if package_of(archive) in wanted:
            found.append(folder / package_of(archive))
            of_npm = archive.suffix == ".tgz"
            for file in package_files(archive):
                if not file.is_test and (file.language != "python") == of_npm:
                    path = found[-1] / file.path
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(file.text, "utf-8")
    return found
