"""What the verbs' command lines share: a parser that says an error in one line, and values that are
checked as they are read.
"""

import argparse
import re
from collections.abc import Callable
from typing import NoReturn, TypeVar

BAD_ARGUMENTS, ENGINE_FAILED = 2, 3
Value = TypeVar("Value")


class Parser(argparse.ArgumentParser):
    """argparse's, with one line for an error: it names the help instead of showing the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_ARGUMENTS, f"{self.prog}: {message}; see {self.prog} --help\n")


def sentence(parse: Callable[[str], Value]) -> Callable[[str], Value]:
    """`parse`, whose ValueError argparse shows as it is."""

    def parse_argument(text: str) -> Value:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse_argument


def whole(what: str, least: int, most: int) -> Callable[[str], int]:
    """A parser of whole numbers between two bounds, both allowed."""

    def parse(text: str) -> int:
        # twenty digits keep int() away from its own length limit
        if not re.fullmatch("[0-9]{1,20}", text) or not least <= int(text) <= most:
            raise ValueError(f"{text!r} is not a {what} from {least} to {most}")
        return int(text)

    return parse
