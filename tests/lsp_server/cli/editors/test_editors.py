"""What each editor's setup would write, on machines and in homes of many kinds."""

import json
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fillwright.engine.errors import BadRequest
from fillwright.lsp_server.cli.editors import emacs, helix, neovim, vscode, zed
from fillwright.lsp_server.cli.editors.editors import EDITORS
from fillwright.lsp_server.cli.editors.places import Places, neovim_plugin, own_command
from fillwright.lsp_server.cli.editors.plan import Plan

Program = Callable[[str, str], Path]
# as Helix 25.07.1 prints it
HEALTH = r"""printf 'Configured language servers:\n'
test "$2" = python && printf '  \033[0;31m✘\033[m ruff: not found\n  \033[0;32m✓\033[m pylsp: /x\n'
printf 'Configured debug adapter: None\n'"""


def the_file(plan: Plan) -> Path:
    [change] = plan.changes
    return change.path


def carried_out(planned: Callable[[Places], Plan], places: Places) -> str:
    """The file that a setup leaves, and proof that it has nothing more to do."""
    [change] = planned(places).changes
    change.write()
    again = planned(places)
    assert again.is_written
    return change.path.read_text(encoding="utf-8")


def at(places: Places, platform: str = "linux", **variables: str) -> Places:
    return replace(places, platform=platform, environment={**places.environment, **variables})


def test_neovim_gets_a_file_of_its_own(places: Places) -> None:
    written = carried_out(neovim.plan, places)
    assert json.dumps(str(neovim_plugin())) in written
    assert '"/opt/fillwright/bin/fillwright", "serve"' in written
    assert (neovim_plugin() / "lsp" / "fillwright.lua").is_file()


@pytest.mark.parametrize(
    ("platform", "variables", "file"),
    [
        ("linux", {}, "{home}/.config/nvim"),
        ("linux", {"XDG_CONFIG_HOME": "/etc/mine"}, "/etc/mine/nvim"),
        ("linux", {"XDG_CONFIG_HOME": "relative"}, "{home}/.config/nvim"),
        ("linux", {"NVIM_APPNAME": "other"}, "{home}/.config/other"),
        ("darwin", {}, "{home}/.config/nvim"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/nvim"),
    ],
)
def test_neovim_has_its_folder_where_it_looks_for_it(
    places: Places, platform: str, variables: dict[str, str], file: str
) -> None:
    found = the_file(neovim.plan(at(places, platform, **variables)))
    assert str(found) == file.format(home=places.home) + "/plugin/fillwright.lua"


def test_what_the_user_wrote_below_the_marks_stays(places: Places) -> None:
    carried_out(neovim.plan, places)
    path = places.home / ".config/nvim/plugin/fillwright.lua"
    own = 'require("fillwright").setup({ drafts = false })\n'
    path.write_text(path.read_text() + own)
    assert neovim.plan(places).is_done
    moved = replace(places, command=Path("/elsewhere/fillwright"))
    written = carried_out(neovim.plan, moved)
    assert written.endswith(own)
    assert written.count("setup()") == 1
    assert "/elsewhere/fillwright" in written
    assert "/opt/fillwright" not in written


@pytest.mark.parametrize(
    ("there", "file"),
    [
        ([], ".config/emacs/init.el"),
        ([".emacs.d/"], ".emacs.d/init.el"),
        ([".emacs"], ".emacs"),
        ([".emacs.el", ".emacs.d/init.el"], ".emacs.el"),
        ([".emacs.d/init.el", ".config/emacs/init.el"], ".emacs.d/init.el"),
    ],
)
def test_emacs_has_the_init_file_that_it_reads(places: Places, there: list[str], file: str) -> None:
    for name in there:
        path = places.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if name.endswith("/") else path.write_text(";; mine\n")
    assert the_file(emacs.plan(places)) == places.home / file


def test_emacs_keeps_what_is_in_its_init_file(places: Places) -> None:
    path = places.home / ".emacs"
    path.write_text("(setq inhibit-startup-screen t)")
    written = carried_out(emacs.plan, places)
    assert written.startswith("(setq inhibit-startup-screen t)\n\n;; >>> fillwright setup\n")
    assert (places.home / ".emacs.bak1").read_text() == "(setq inhibit-startup-screen t)"


def test_helix_keeps_its_own_servers_and_the_users_entries(
    places: Places, program: Program
) -> None:
    program("hx", HEALTH)
    path = places.home / ".config/helix/languages.toml"
    path.parent.mkdir(parents=True)
    mine = (
        "# mine\n"
        '[[language]]\nname = "rust"   # crab\nlanguage-servers = [\n  "bacon", # fast\n]\n'
        '\n[[language]]\nname = "go"\nauto-format = true\n'
        '\n[[language]]\nname = "c"\nlanguage-servers = [{ name = "fillwright" }]\n'
    )
    path.write_text(mine)
    written = carried_out(helix.plan, places)
    for line in mine.splitlines():
        assert line in written.splitlines(), line
    settings = tomllib.loads(written)
    servers = {entry["name"]: entry["language-servers"] for entry in settings["language"]}
    assert list(servers)[:3] == ["rust", "go", "c"]
    assert servers["python"] == ["ruff", "pylsp", "fillwright"]
    assert servers["rust"] == ["bacon", "fillwright"]
    assert servers["go"] == ["fillwright"]
    assert servers["c"] == [{"name": "fillwright"}]
    assert set(servers) == set(helix.LANGUAGES)
    assert settings["language-server"]["fillwright"] == {
        "command": "/opt/fillwright/bin/fillwright",
        "args": ["serve"],
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[[language]", "is not TOML"),
        ("language = []", "as .*language.* tables"),
        ("language-server = 1", "NAME"),
    ],
)
def test_a_helix_file_that_cannot_be_merged_is_left_alone(
    places: Places, program: Program, text: str, reason: str
) -> None:
    program("hx", HEALTH)
    path = places.home / ".config/helix/languages.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(BadRequest, match=reason):
        helix.plan(places)


def test_without_helix_its_own_servers_are_not_known(places: Places, program: Program) -> None:
    with pytest.raises(BadRequest, match="not on the PATH"):
        helix.plan(places)
    program("hx", "echo something else")
    with pytest.raises(BadRequest, match="does not say"):
        helix.plan(places)


def test_vscode_is_told_the_command(places: Places) -> None:
    path = places.home / ".config/Code/User/settings.json"
    path.parent.mkdir(parents=True)
    path.write_text('{\n  // mine\n  "a": 1,\n}\n')
    assert carried_out(vscode.plan, places) == (
        '{\n  // mine\n  "a": 1,\n  "fillwright.server.path": "/opt/fillwright/bin/fillwright"\n}\n'
    )


def test_vscode_gets_the_extension_where_there_is_one(
    places: Places, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vscode, "PACKAGES", tmp_path)
    carried_out(vscode.plan, places)
    assert "make vsix" in str(vscode.plan(places).lacks)
    package = tmp_path / "fillwright-0.1.0.vsix"
    package.touch()
    assert str(package) in str(vscode.plan(places).lacks)
    code = program("code", "echo ms-python.python")
    plan = vscode.plan(places)
    assert plan.commands == ((str(code), "--install-extension", str(package)),)
    assert plan.lacks is None
    program("code", "echo ms-python.python; echo fillwright.fillwright")
    assert vscode.plan(places).is_done


def test_vscode_is_told_the_extension_is_missing_where_nothing_installs_it(
    places: Places, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vscode, "PACKAGES", tmp_path)
    assert "The extension is missing" in str(vscode.plan(places).lacks)
    program("code", "echo ms-python.python")
    assert "make vsix" in str(vscode.plan(places).lacks)


@pytest.mark.parametrize(
    ("variables", "server", "settings"),
    [
        ({}, ".vscode-server", ".vscode-server/data/Machine/settings.json"),
        ({}, ".vscode-remote", ".vscode-remote/data/Machine/settings.json"),
        ({}, ".local/share/code-server", ".local/share/code-server/Machine/settings.json"),
        ({"XDG_DATA_HOME": "{home}/d"}, "d/code-server", "d/code-server/Machine/settings.json"),
        ({"VSCODE_AGENT_FOLDER": "{home}/agent"}, "agent", "agent/data/Machine/settings.json"),
    ],
)
def test_servers_of_vscode_on_this_machine_are_told_the_command_too(
    places: Places, variables: dict[str, str], server: str, settings: str
) -> None:
    named = {name: value.format(home=places.home) for name, value in variables.items()}
    places = at(places, **named)
    (places.home / server).mkdir(parents=True)
    user, machine = vscode.plan(places).changes
    assert user.path == places.home / ".config/Code/User/settings.json"
    assert machine.path == places.home / settings
    machine.write()
    assert json.loads(machine.path.read_text()) == {
        "fillwright.server.path": "/opt/fillwright/bin/fillwright"
    }
    assert [change.path for change in vscode.plan(places).changes] == [user.path]


@pytest.mark.parametrize("listed", [".vscode", ".vscode-server", ".local/share/code-server"])
def test_an_extension_in_vscodes_own_list_is_installed(places: Places, listed: str) -> None:
    path = places.home / listed / "extensions/extensions.json"
    path.parent.mkdir(parents=True)
    for text, is_installed in (
        ('[{"identifier": {"id": "fillwright.fillwright"}}]', True),
        ('[{"identifier": {"id": "ms-python.python"}}]', False),
        ('{"version": 2}', False),
        ("[", False),
    ):
        path.write_text(text)
        assert (vscode.plan(places).lacks is None) is is_installed


@pytest.mark.parametrize(
    ("platform", "folder"),
    [
        ("linux", ".config/Code"),
        ("darwin", "Library/Application Support/Code"),
        ("win32", "AppData/Roaming/Code"),
    ],
)
def test_vscode_has_its_settings_where_the_platform_puts_them(
    places: Places, platform: str, folder: str
) -> None:
    found = the_file(vscode.plan(at(places, platform)))
    assert found == places.home / folder / "User" / "settings.json"


@pytest.mark.parametrize("planned", [vscode.plan, zed.plan])
def test_settings_that_are_not_json_are_left_alone(
    places: Places, planned: Callable[[Places], Plan]
) -> None:
    path = the_file(planned(places))
    path.parent.mkdir(parents=True)
    path.write_text("{")
    with pytest.raises(BadRequest, match=r"by hand.*/opt/fillwright|/opt/fillwright.*by hand"):
        planned(places)


def test_zed_starts_fillwright_beside_its_own_servers(places: Places) -> None:
    settings = json.loads(carried_out(zed.plan, places))
    assert settings["lsp"]["pylsp"]["binary"] == {
        "path": "/opt/fillwright/bin/fillwright",
        "arguments": ["serve"],
    }
    servers = settings["languages"]["Python"]["language_servers"]
    assert servers[0] == "pylsp"
    assert {"basedpyright", "ruff"} < set(servers)


def test_zed_keeps_the_users_servers(places: Places) -> None:
    path = places.home / ".config/zed/settings.json"
    path.parent.mkdir(parents=True)
    servers = ["ty", "!pylsp", "..."]
    path.write_text(json.dumps({"languages": {"Python": {"language_servers": servers}}}))
    settings = json.loads(carried_out(zed.plan, places))
    assert settings["languages"]["Python"]["language_servers"] == ["pylsp", "ty", "..."]


def test_a_pylsp_of_the_users_own_is_not_taken(places: Places) -> None:
    path = places.home / ".config/zed/settings.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"lsp": {"pylsp": {"binary": {"path": "/x/pylsp"}}}}')
    with pytest.raises(BadRequest, match="a pylsp of yours"):
        zed.plan(places)


@pytest.mark.parametrize(
    ("said", "version", "too_old"),
    [
        ("NVIM v0.12.4\nBuild type: Release", "0.12.4", False),
        ("NVIM v0.11.0", "0.11.0", False),
        ("NVIM v0.10.4", "0.10.4", True),
        ("NVIM", "", False),
    ],
)
def test_a_version_is_read_and_compared(
    places: Places, program: Program, said: str, version: str, too_old: bool
) -> None:
    editor = EDITORS["neovim"]
    assert editor.version(places) is None
    program("nvim", f"printf '{said}'")
    assert editor.version(places) == version
    assert editor.is_too_old(version) is too_old


def test_a_program_that_fails_has_no_version(places: Places, program: Program) -> None:
    program("nvim", "echo 0.12.4; exit 1")
    assert EDITORS["neovim"].version(places) == ""


def test_our_own_command_is_this_installations() -> None:
    assert own_command().is_file()
    assert own_command().is_absolute()
