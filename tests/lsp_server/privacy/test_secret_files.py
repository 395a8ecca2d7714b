"""Which documents are refused, and by what name in a list of things that people lost."""

from pathlib import Path

import pytest

from fillwright.lsp_server.privacy.secret_files import Refusal, local_path, refusal
from fillwright.lsp_server.settings.settings import ExclusionSettings

EXCLUDE = ExclusionSettings()


def code(found: Refusal | None) -> str | None:
    return found.code if found else None


@pytest.mark.parametrize(
    "path",
    [
        *("/app/.env", "/app/.env.local", "/app/.ENV.production", "/app/.envrc", "/app/prod.env"),
        *("/app/server.pem", "/app/tls/server.KEY", "/app/store.p12", "/app/release.keystore"),
        *("/home/u/.ssh/config", "/home/u/.aws/credentials", "/home/u/.kube/config"),
        *("/home/u/.ssh/id_ed25519", "/home/u/.netrc", "/home/u/.git-credentials", "/x/id_rsa"),
        *("/home/u/.docker/config.json", "/app/credentials.json", "/app/aws-credentials.csv"),
        *("/app/config/secrets.yml", "/app/client_secret_12.json", "/infra/prod.tfvars"),
    ],
)
def test_secret_files_are_refused(path: str) -> None:
    assert code(refusal(f"file://{path}", [], EXCLUDE)) == "secret-file"
    assert code(refusal(Path(path), [], EXCLUDE)) == "secret-file"
    assert refusal(f"file://{path}", [], ExclusionSettings(secret_files=False)) is None


@pytest.mark.parametrize(
    "path",
    [
        *("/app/env.py", "/app/environment.ts", "/app/secrets.py", "/app/credentials.go"),
        *("/app/credentials.py", "/app/aws_credentials.ts", "/app/secret.rb"),
        *("/app/keys.js", "/app/keyboard.c", "/app/token.rs", "/app/config.json", "/app/pem.rb"),
        *("/app/docker/config.json", "/app/ssh/client.py", "/app/README.md", "/"),
    ],
)
def test_code_about_secrets_is_code(path: str) -> None:
    assert refusal(f"file://{path}", [], EXCLUDE) is None


@pytest.mark.parametrize(
    "uri",
    [
        *("untitled:.env", "vscode-remote://ssh-remote%2Bhost/app/.env", "ssh://host/app/id_rsa"),
        *("vscode-notebook-cell:/app/.secrets/n.ipynb#W1", "file:///app/%2Eenv"),
    ],
)
def test_a_secret_is_one_wherever_it_lies(uri: str) -> None:
    assert code(refusal(uri, [], EXCLUDE)) == "secret-file"


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", "untitled:", "x", "", "inmemory://model/1"])
def test_a_document_without_a_path_is_not_refused(uri: str) -> None:
    assert refusal(uri, ["file:///app"], EXCLUDE) is None


def test_a_link_to_a_secret_is_one(tmp_path: Path) -> None:
    (tmp_path / ".env").touch()
    (tmp_path / "settings").symlink_to(tmp_path / ".env")
    assert code(refusal((tmp_path / "settings").as_uri(), [], EXCLUDE)) == "secret-file"


def test_what_the_user_excludes_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("generated/\n")
    uri = (tmp_path / "generated" / "größe.py").as_uri()
    roots = [tmp_path.as_uri()]
    found = refusal(uri, roots, EXCLUDE)
    assert code(found) == "ignored-file"
    assert found is not None
    assert str(tmp_path / ".gitignore") in found.message
    assert refusal(uri, roots, ExclusionSettings(ignored_files=False)) is None
    cell = uri.replace("file://", "vscode-notebook-cell:") + "#W0"
    assert code(refusal(cell, roots, EXCLUDE)) == "ignored-file"
    assert refusal("untitled:generated/a.py", roots, EXCLUDE) is None


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///app/a%20b.py", "/app/a b.py"),
        ("file:///app/a;b.py", "/app/a;b.py"),
        ("file:///app/a.py?version=2#L3", "/app/a.py"),
        ("vscode-notebook-cell:/app/n.ipynb#W0", "/app/n.ipynb"),
        ("file://server/share/a.py", "//server/share/a.py"),
        ("untitled:a.py", None),
        ("file:", None),
    ],
)
def test_the_path_of_a_uri(uri: str, path: str | None) -> None:
    assert local_path(uri) == (None if path is None else Path(path))


def test_a_drive_of_windows_has_a_small_letter() -> None:
    found = local_path("file:///C%3A/app/a.py")
    assert found is not None
    assert found.as_posix().endswith("c:/app/a.py")
