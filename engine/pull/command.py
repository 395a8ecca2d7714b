"""`fillwright pull OWNER/NAME`: a model from a Hugging Face style hub, into a folder.

Runs when it is called and at no other time. Interrupted, the same command goes on where it stopped.
HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE and the usual proxy variables are honoured.
"""

import argparse
import os
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from fillwright.engine.pull.download import pull
from fillwright.engine.pull.hub import Hub
from fillwright.engine.pull.pulled import note_pulled


def main(argv: list[str]) -> int:
    """Run it; returns the exit code."""
    arguments = _parser().parse_args(argv)
    hub = Hub.of(os.environ)
    repository = hub.repository(arguments.model, arguments.revision)
    folder = arguments.to or Path(arguments.model.rpartition("/")[2])
    size = sum(file.size for file in repository.files)
    print(f"{repository.name} at {repository.commit[:12]}: {size / 1e9:.2f} GB to {folder}")
    print(f"licence: {repository.licence or 'the model card names none'}", flush=True)
    with _progress() as progress:
        bar = progress.add_task(repository.name, total=size)
        pull(hub, repository, folder, lambda count: progress.advance(bar, count))
    try:
        note_pulled(folder)
    except OSError as error:
        print(f"editors will not offer it by itself ({error.strerror})")
    print(f"fillwright fill FILE --model {folder} uses it")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fillwright pull",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", metavar="OWNER/NAME")
    parser.add_argument("--to", type=Path, metavar="DIR", help="the folder (NAME, here)")
    parser.add_argument("--revision", default="main", help="branch, tag or commit (main)")
    return parser


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
