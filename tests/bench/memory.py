"""What remembering a project costs: `python -P tests/bench/memory.py FOLDER ...`.

Processor seconds per MB of source, for the language server (looking, reading, masking) and for the
engine (tokenising, sorting), bytes of memory per token, and how long a look-up takes.
"""

import random
import statistics
import sys
import time
from itertools import islice
from pathlib import Path

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.memory.contexts import what_followed
from fillwright.engine.memory.remembered import Remembered
from fillwright.lsp_server.project.legible import text_of
from fillwright.lsp_server.project.survey import chosen, survey
from fillwright.lsp_server.settings.settings import ExclusionSettings

LOOK_UPS = 500


def main() -> None:
    tokenizer = CodeTokenizer.from_checkpoint(embedded_checkpoint())
    for folder in map(Path, sys.argv[1:]):
        root = folder.resolve()
        began = time.process_time()
        files = chosen(survey(root, (), ExclusionSettings()), ())
        looked = time.process_time() - began
        texts = {file.key: text_of(root / file.key) for file in files}
        read = time.process_time() - began - looked
        memory = Remembered(tokenizer.encode, len(tokenizer.texts))
        taken, began = [], time.process_time()
        for key, text in texts.items():
            if text is not None:
                file_began = time.thread_time()
                memory.remember("a", key, text)
                taken.append(time.thread_time() - file_began)
        memory.settle()
        took = time.process_time() - began
        (known,) = memory.known()
        arrays = [s.contexts for s in memory.stores("a", "")]
        held = sum(a.tokens.nbytes + a.order.nbytes + a.starts.nbytes for a in arrays)
        megabytes = known.bytes / 1e6
        print(
            f"{root.name}: {known.files} files, {megabytes:.2f} MB, {known.tokens:,} tokens; "
            f"look {looked:.2f} s, read {read / megabytes:.2f} s/MB, "
            f"take in {took / megabytes:.2f} s/MB (the longest file {max(taken):.2f} s), "
            f"{held / known.tokens:.1f} B/token, look-up {1000 * _look_up(memory, texts):.2f} ms"
        )


def _look_up(memory: Remembered, texts: dict[str, str | None]) -> float:
    """Seconds, the median, for the stores and what follows a context of one of them."""
    chance, took = random.Random(0), []
    stores = memory.stores("a", "")
    streams = [each.contexts for each in stores]
    for _ in range(LOOK_UPS):
        tokens = chance.choice(streams).tokens
        end = chance.randrange(30, len(tokens))
        context = tokens[end - 24 : end].tolist()
        began = time.process_time()
        # a fill looks at the two longest matches
        list(islice(what_followed(stores, context), 2))
        took.append(time.process_time() - began)
    return statistics.median(took)


if __name__ == "__main__":
    main()
