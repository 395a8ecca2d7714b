"""Builds the source distribution of the current folder: `python -P release/sdist.py FOLDER`.

It holds no trace of who built it and when: all its times are SOURCE_DATE_EPOCH, or now. Needs
setuptools only.
"""

import gzip
import io
import os
import sys
import tarfile
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path

from setuptools.build_meta import build_sdist


def main(target: Path) -> None:
    """Write the archive into `target`."""
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(sys.stderr):
        archive = Path(folder, build_sdist(folder))
        target.mkdir(parents=True, exist_ok=True)
        (target / archive.name).write_bytes(without_traces(archive, epoch))


def without_traces(archive: Path, epoch: int) -> bytes:
    """A source archive without who built it and when."""
    packed = io.BytesIO()
    with tarfile.open(archive) as old, tarfile.open(fileobj=packed, mode="w") as new:
        for member in sorted(old.getmembers(), key=lambda member: member.name):
            content = old.extractfile(member) if member.isfile() else None
            member.mtime, member.uid, member.gid = epoch, 0, 0
            member.uname = member.gname = ""
            member.pax_headers = {}
            new.addfile(member, content)
    return gzip.compress(packed.getvalue(), mtime=epoch)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
