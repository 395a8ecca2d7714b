"""Where a request's text meets the tokens of a model that was trained on pieces encoded apart.

Knows characters only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise

from fillwright.engine.description import Holes
from fillwright.engine.infill.text.seams import Seams
from fillwright.engine.infill.text.windows import split_lead
from fillwright.engine.request import InfillRequest


@dataclass(frozen=True, slots=True)
class MaskSeams(Seams):
    """Seams whose texts are what the model sees. White space at a hole's start is left to the hole,
    as its lead; half a word stands before it, known. `ends[i]` is the end of a line that hole i
    writes once more, for such models learnt to write whole lines: the fill leaves it out.
    """

    ends: tuple[str, ...] = ()

    @classmethod
    def around(cls, request: InfillRequest, joins_indentation: bool, holes: Holes) -> "MaskSeams":
        """`joins_indentation`: one token is a line end and the white space after it, so that a
        hole begins at the line end. Else it begins where the line does. With whole lines, what
        stands on the line already is known, and encoded apart from the lines around it."""
        plain = Seams.of(request, starts_a_token=lambda text: True)
        texts = [plain.prefix, *plain.between, plain.suffix]
        ends, leads = [], []
        for i, lead in enumerate(plain.leads):
            whole = texts[i] + lead
            kept, lead = split_lead(whole)
            if not joins_indentation and lead.startswith("\n"):
                kept, lead = kept + "\n", lead[1:]
            texts[i] = kept
            leads.append(lead)
            line, end, rest = texts[i + 1].partition("\n")
            takes = holes == "whole lines" and end and not line.strip()
            ends.append(line + end if takes else "")
            if takes:
                texts[i + 1] = rest
        prefix, *between = texts
        same = {each.name: getattr(plain, each.name) for each in fields(Seams)}
        changed = {"prefix": prefix, "between": tuple(between[:-1]), "suffix": between[-1]}
        return cls(**same | changed | {"leads": tuple(leads)}, ends=tuple(ends))

    def pieces(self, whole_lines: bool) -> list[list[str]]:
        """What stands before, between and after the holes, in pieces that are encoded apart."""
        texts = [self.prefix, *self.between, self.suffix]
        if not whole_lines:
            return [[text] if text else [] for text in texts]
        follows = [False, *(not end for end in self.ends)]
        precedes = [*(True for _ in self.ends), False]
        return [_lines(*each) for each in zip(texts, follows, precedes, strict=True)]

    def fitting(self, written: Sequence[str], closing: str) -> list[range]:
        """Which characters of each hole's text stay, without the line ends that stand there."""
        real = replace(
            self,
            between=tuple(map("".join, zip(self.ends, self.between, strict=False))),
            suffix=self.ends[-1] + self.suffix,
        )
        kept = Seams.fitting(real, written, closing)
        return [
            range(each.start, max(each.start, len(text[: each.stop].rstrip()))) if end else each
            for each, text, end in zip(kept, written, self.ends, strict=True)
        ]


def _lines(text: str, follows: bool, precedes: bool) -> list[str]:
    """The rest of the line after a hole, whole lines, and the beginning of the next hole's line."""
    first = text.find("\n") + 1 if follows else 0
    last = max(first, text.rfind("\n") + 1) if precedes else len(text)
    return [text[a:b] for a, b in pairwise((0, first, last, len(text))) if a < b]
