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

from fillwright.engine.errors import BadRequest
from fillwright.engine.known_models import KNOWN_MODELS, KnownModel
from fillwright.engine.machine_memory import largest_gpu, main_memory
from fillwright.engine.pull.download import pull
from fillwright.engine.pull.hub import Hub
from fillwright.engine.pull.pulled import note_pulled


def main(argv: list[str]) -> int:
    """Run it; returns the exit code."""
    arguments = _parser().parse_args(argv)
    hub = Hub.of(os.environ)
    repository = hub.repository(hub_id(arguments.model), arguments.revision)
    folder = arguments.to or Path(repository.name.rpartition("/")[2])
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
    if known := known_model(arguments.model):
        _, of_machine = main_memory() or (0, 0)
        print(how_to_run(known, folder, largest_gpu(), of_machine))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fillwright pull",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    known = ", ".join(f"{each.alias} is {each.hub_id}" for each in KNOWN_MODELS)
    parser.add_argument("model", metavar="OWNER/NAME", help=f"or a short name: {known}")
    parser.add_argument("--to", type=Path, metavar="DIR", help="the folder (NAME, here)")
    parser.add_argument("--revision", default="main", help="branch, tag or commit (main)")
    return parser


def known_model(name: str) -> KnownModel | None:
    """That of a short name, or of a name of the hub's."""
    names = ((known, (known.alias, known.hub_id.lower())) for known in KNOWN_MODELS)
    return next((known for known, own in names if name.lower() in own), None)


def how_to_run(known: KnownModel, folder: Path, gpu: int, of_machine: int) -> str:
    """Which form of it the memory holds, and what makes that form; `gpu` and `of_machine` in
    bytes, 0 for a machine without a GPU, or one that does not say."""
    gigabytes, where = (gpu / 1e9, "GPU") if gpu else (of_machine / 1e9, "machine")
    form = known.form_for(gigabytes)
    has = f"this {where} has {gigabytes:.1f} GB"
    if form is None:
        return f"its weights take {known.int4} GB in int4, the smallest form; {has}"
    if form == "bf16":
        return f"its weights take {known.gigabytes} GB; {has}, so they fit as they are"
    return (
        f"its weights take {known.gigabytes} GB; {has}: "
        f"`fillwright quantize {folder} {folder}-{form} --experts {form}` makes them fit"
    )


def hub_id(model: str) -> str:
    """The hub's name of a model that may be given by its short one. Raises BadRequest for a short
    name that is none."""
    if known := known_model(model):
        return known.hub_id
    if "/" not in model:
        names = ", ".join(known.alias for known in KNOWN_MODELS)
        raise BadRequest(f"{model!r} is no model's name; give OWNER/NAME or one of {names}.")
    return model


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
