"""docs/licences.md is what `docs/write_licences.py` writes, and nothing in it binds a user."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
WRITER = runpy.run_path(str(ROOT / "docs" / "write_licences.py"))


def test_the_page_is_current() -> None:
    page = WRITER["page"](WRITER["written"]())
    written = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    assert written == page, "run make pages"


def test_every_package_of_the_locks_has_a_licence() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    locked = {line.split("==")[0] for line in lines if "==" in line}
    bundled = {package.name for package in WRITER["npm_packages"]()}
    written = WRITER["written"]()
    assert {"torch", "tree-sitter-python"} <= locked
    assert "vscode-jsonrpc" in bundled
    assert written.keys() == locked | bundled
    assert not {name for name, licence in written.items() if licence in ("None", "not said", "")}


def test_what_users_install_asks_nothing_of_their_code() -> None:
    """A licence that reaches what is built with a package must not come along unseen."""
    packages = WRITER["python_packages"]()
    everyone = {package.name for package in packages if package.gets_it == "everyone"}
    assert {"numpy", "pygls", "tree-sitter"} <= everyone
    assert {"torch", "triton"} <= {each.name for each in packages if each.gets_it == "gpu"}
    shipped = [each.name for each in packages if each.gets_it != "developers"]
    written = WRITER["written"]()
    assert not [name for name in shipped if "GPL" in written[name]]
