"""What the model must not see: files that hold secrets or are excluded, and keys in other files.

Decides by names and patterns alone, before anything is read; knows no documents and no engine.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import unquote, urlsplit

from pathspec import GitIgnoreSpec

from fillwright.lsp_server.privacy.file_uris import file_path
from fillwright.lsp_server.privacy.ignore_files import excluded_by
from fillwright.lsp_server.settings.settings import ExclusionSettings

RefusalCode = Literal["secret-file", "ignored-file"]

DATA = (
    "",
    ".json",
    ".yaml",
    ".yml",
    ".toml",
    ".ini",
    ".cfg",
    ".xml",
    ".csv",
    ".txt",
    ".properties",
)
SECRET_FILES = GitIgnoreSpec.from_lines(
    [
        *(".env*", "*.env"),
        *("*.pem", "*.key", "*.p8", "*.p12", "*.pfx", "*.ppk", "*.crt", "*.cer", "*.der", "*.csr"),
        *("*.jks", "*.keystore", "*.truststore", "*.keytab", "*.asc", "*.gpg", "*.pgp", "*.kdbx"),
        *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "*.mobileprovision", "*.ovpn"),
        *(".ssh/", ".gnupg/", ".aws/", ".azure/", ".kube/", ".password-store/", ".secrets/"),
        *(".netrc", "_netrc", ".pgpass", ".my.cnf", ".htpasswd", ".git-credentials", ".dockercfg"),
        *(".npmrc", ".pypirc", ".s3cfg", ".boto", ".vault-token", ".vault_pass*", "**/.docker/*"),
        *("*.secret", "*.secrets", "*.tfvars", "*.tfstate", "*.tfstate.backup"),
        *("client_secret*.json", "service-account*.json", "service_account*.json"),
        *(f"{name}{ending}" for name in ("*credentials", "*secrets", "secret") for ending in DATA),
    ]
)
"""Matched against lower-case paths. Source code about secrets (`secrets.py`) is no secret."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file is neither filled in nor shown to the model: a code for programs and a sentence
    for people."""

    code: RefusalCode
    message: str


def refusal(
    place: str | Path, roots: Iterable[str | Path], settings: ExclusionSettings
) -> Refusal | None:
    """Why the document at a URI or path is refused, or None when it is not.

    `roots` are the workspace's folders. A document that is no local file has a name only.
    """
    path = local_path(place)
    if settings.secret_files and is_secret(path or _name(str(place))):
        return Refusal(
            "secret-file",
            "This file holds secrets, going by its name; "
            "fillwright.exclude.secretFiles says whether such files are filled.",
        )
    if settings.ignored_files and path is not None:
        folders = (local_path(root) for root in roots)
        excluding = excluded_by(path, (folder for folder in folders if folder is not None))
        if excluding is not None:
            return Refusal(
                "ignored-file",
                f"{excluding} excludes this file; "
                "fillwright.exclude.ignoredFiles says whether such files are filled.",
            )
    return None


def local_path(place: str | Path) -> Path | None:
    """The absolute path of a local file or of a notebook's cell; None for any other URI."""
    if isinstance(place, Path):
        return place.absolute()
    found = file_path(place)
    return Path(found).absolute() if found else None


def is_secret(path: Path | PurePosixPath) -> bool:
    """Whether a file holds secrets, going by its name; where links lead is looked at only of a
    real path."""
    if _is_secret_name(path.as_posix()):
        return True
    # a link to a secret is one too
    target = path.resolve() if isinstance(path, Path) else path
    return target != path and _is_secret_name(target.as_posix())


@lru_cache(maxsize=256)
def _is_secret_name(path: str) -> bool:
    """Known for some paths: it is asked several times at each key."""
    return SECRET_FILES.match_file(path.lower().lstrip("/"))


def _name(uri: str) -> PurePosixPath:
    return PurePosixPath(unquote(urlsplit(uri).path))
