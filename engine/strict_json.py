"""Frozen dataclasses from plain JSON data, without conversions: null is no text, true is no number.

cattrs by itself calls the type, which makes "None" of null and True of "false". Knows neither whose
data it is nor what to tell its sender.
"""

import json
from typing import Any, Literal, get_args, get_origin

import cattrs


def strict_converter() -> cattrs.Converter:
    """A converter that takes strings, numbers and booleans as they are, and a whole number for a
    float. Its errors are ValueErrors whose text names the value; a missing key is a KeyError, and
    what is no object or no list an AttributeError or a TypeError."""
    converter = cattrs.Converter(detailed_validation=False)
    for primitive in (str, int, bool, float):
        converter.register_structure_hook(primitive, _exactly)
    converter.register_structure_hook_func(_is_literal, _one_of)
    return converter


def _exactly(value: Any, kind: type[Any]) -> object:
    # a boolean is an int to isinstance
    if type(value) is kind or (kind is float and type(value) is int):
        return kind(value)
    raise ValueError(f"{json.dumps(value)[:40]} is no {kind.__name__}")


def _is_literal(kind: Any) -> bool:
    origin: object = get_origin(kind)
    return origin is Literal


def _one_of(value: object, kind: Any) -> object:
    if value not in get_args(kind):
        raise ValueError(f"{json.dumps(value)[:40]} is none of {', '.join(get_args(kind))}")
    return value
