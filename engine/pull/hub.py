"""A Hugging Face style hub over HTTP: what a model repository holds, and its files' bytes.

Knows HTTP and the hub's answers, no files of ours. The standard library does it: it honours the
environment's proxies, and huggingface-hub starts a file again that broke off in an earlier run.
"""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import IO, Any

from fillwright.engine.errors import BadRequest, DownloadFailed

HUB = "https://huggingface.co"
SECONDS_WITHOUT_AN_ANSWER = 30.0
BLOCK = 1 << 20
NEEDED = re.compile(
    r"config\.json|generation_config\.json|tokenizer\.json|tokenizer_config\.json"
    r"|chat_template\.jinja|vocab\.json|merges\.txt|added_tokens\.json|LICENSE(\.\w+)?"
    r"|model(-\d+-of-\d+)?\.safetensors|model\.safetensors\.index\.json"
)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """`sha256` is of large files; of others `git_sha1` is given, git's hash of the content."""

    name: str
    size: int
    sha256: str | None
    git_sha1: str | None

    def __post_init__(self) -> None:
        if not (self.sha256 or self.git_sha1):
            raise DownloadFailed(f"The hub gives no checksum of {self.name}; use another hub.")

    @property
    def checksum(self) -> str:
        return self.sha256 or self.git_sha1 or ""


@dataclass(frozen=True, slots=True)
class Repository:
    """A model at one commit, with its files that the engine needs."""

    name: str
    commit: str
    licence: str | None
    files: tuple[RemoteFile, ...]


@dataclass(frozen=True, slots=True)
class Hub:
    """Every method raises BadRequest or DownloadFailed, in a sentence."""

    endpoint: str
    token: str | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Hub":
        """What HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE ask for."""
        if environment.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
            raise BadRequest("HF_HUB_OFFLINE forbids downloads; unset it to pull a model.")
        endpoint = environment.get("HF_ENDPOINT") or HUB
        if not re.match(r"https?://[^/]", endpoint):
            raise BadRequest(f"HF_ENDPOINT is {endpoint!r}; give an http or https address.")
        return cls(endpoint.rstrip("/"), environment.get("HF_TOKEN") or None)

    def repository(self, name: str, revision: str) -> Repository:
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", name) or ".." in name:
            raise BadRequest(f"{name!r} is no model's name; give OWNER/NAME.")
        path = f"/api/models/{name}/revision/{urllib.parse.quote(revision, safe='')}?blobs=true"
        with self._opened(path, f"{name} at revision {revision}", {}) as answer:
            try:
                return _repository(name, json.load(answer))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise DownloadFailed(
                    f"{self.endpoint} does not answer as a Hugging Face hub; look at HF_ENDPOINT."
                ) from error
            except (OSError, HTTPException) as error:
                raise self._broken_off(error) from error

    def read(
        self, repository: Repository, file: RemoteFile, start: int, write: Callable[[bytes], None]
    ) -> bool:
        """Hand the file's bytes from `start` on to `write`; false, and nothing is written, where
        the hub gives only whole files. Broken off, it may have written some."""
        path = f"/{repository.name}/resolve/{repository.commit}/{file.name}"
        headers = {"Range": f"bytes={start}-"} if start else {}
        with self._opened(path, f"{file.name} of {repository.name}", headers) as answer:
            if start and answer.status != 206:
                return False
            while block := self._block(answer):
                write(block)
        return True

    def _block(self, answer: Any) -> bytes:
        try:
            block: bytes = answer.read(BLOCK)
        except (OSError, HTTPException) as error:
            raise self._broken_off(error) from error
        return block

    def _opened(self, path: str, what: str, headers: Mapping[str, str]) -> Any:
        request = urllib.request.Request(
            self.endpoint + path, headers={"User-Agent": "fillwright", **headers}
        )
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            return urllib.request.build_opener(_TokenStaysHome()).open(
                request, timeout=SECONDS_WITHOUT_AN_ANSWER
            )
        except urllib.error.HTTPError as error:
            error.close()
            raise self._refused(error.code, what) from error
        except (OSError, HTTPException) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            raise DownloadFailed(
                f"{self.endpoint} cannot be reached ({reason}); look at the network and the proxy, "
                "and run the same command again."
            ) from error

    def _refused(self, status: int, what: str) -> BadRequest | DownloadFailed:
        if status in (401, 403):
            token = "the token in HF_TOKEN may not read it" if self.token else "set HF_TOKEN"
            return BadRequest(
                f"{self.endpoint} does not show {what} ({status}): look at the name, accept the "
                f"licence on its page if it asks for that, and {token}."
            )
        if status == 404:
            return BadRequest(f"{self.endpoint} has no {what}; look at the name and the revision.")
        return DownloadFailed(
            f"{self.endpoint} answered {status} for {what}; run the same command again later."
        )

    def _broken_off(self, error: Exception) -> DownloadFailed:
        return DownloadFailed(
            f"The download from {self.endpoint} broke off ({error}); run the same command again, "
            "which goes on from here."
        )


class _TokenStaysHome(urllib.request.HTTPRedirectHandler):
    """The token goes to the hub, not to the servers it sends us to for the bytes."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        if request and _origin(request.full_url) != _origin(req.full_url):
            request.remove_header("Authorization")
        return request


def _origin(url: str) -> tuple[str, str]:
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.netloc


def _repository(name: str, answer: Mapping[str, Any]) -> Repository:
    card = answer.get("cardData") or {}
    licence = [card.get("license_name") or card.get("license"), card.get("license_link")]
    commit = answer["sha"]
    if not re.fullmatch("[0-9a-f]{40,64}", commit):
        raise ValueError(f"{commit} is no commit")
    files = []
    for entry in answer["siblings"]:
        if NEEDED.fullmatch(entry["rfilename"]):
            large = entry.get("lfs") or {}
            size = int(large.get("size", entry["size"]))
            files.append(
                RemoteFile(entry["rfilename"], size, large.get("sha256"), entry.get("blobId"))
            )
    return Repository(name, commit, " ".join(map(str, filter(None, licence))) or None, tuple(files))
