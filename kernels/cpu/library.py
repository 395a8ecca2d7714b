"""The compiled library of this folder, by ctypes: its functions and structures, as in operations.h
and library.cpp. Knows nothing of tensors."""

import ctypes
from ctypes import c_float, c_int32, c_void_p
from enum import IntEnum
from pathlib import Path

from fillwright.kernels.cpu.compiling import FOLDER, LIBRARY


class InstructionSet(IntEnum):
    """As in processor.h, the fastest first; FLOAT32 is the reference: any processor has it, and its
    rows are not rounded."""

    AMX = 0
    AVX512 = 1
    AVX_VNNI = 2
    AVX2 = 3
    NEON = 4
    FLOAT32 = 5


class NoKernelsError(Exception):
    """The library, or an instruction set, is not there; one sentence."""


class Matrix(ctypes.Structure):
    _fields_ = [
        ("outputs", c_int32),
        ("inputs", c_int32),
        ("cells", c_void_p),
        ("scales", c_void_p),
        ("sums", c_void_p),
        ("form", c_int32),
        ("group", c_int32),
        ("group_scales", c_void_p),
    ]


class Experts(ctypes.Structure):
    _fields_ = [
        ("count", c_int32),
        ("gate_up", c_void_p),
        ("down", c_void_p),
        ("first", c_void_p),
    ]


class Rows(ctypes.Structure):
    _fields_ = [("x", c_void_p), ("gain", c_void_p), ("eps", c_float), ("count", c_int32)]


class Heads(ctypes.Structure):
    _fields_ = [("query", c_int32), ("key", c_int32), ("size", c_int32)]


class Turn(ctypes.Structure):
    _fields_ = [
        ("raw", c_void_p),
        ("gains", c_void_p),
        ("cos", c_void_p),
        ("sin", c_void_p),
        ("eps", c_float),
        ("has_values", c_int32),
        ("count", c_int32),
        ("blocked", c_int32),
        ("first", c_int32),
        ("queries", c_void_p),
        ("keys", c_void_p),
        ("values", c_void_p),
    ]


class Attention(ctypes.Structure):
    _fields_ = [
        ("queries", c_void_p),
        ("count", c_int32),
        ("shared_keys", c_void_p),
        ("shared_values", c_void_p),
        ("own_keys", c_void_p),
        ("own_values", c_void_p),
        ("first", c_void_p),
        ("past", c_void_p),
        ("own_from", c_void_p),
        ("own", c_void_p),
        ("out", c_void_p),
    ]


class Joining(ctypes.Structure):
    _fields_ = [
        ("hidden", c_void_p),
        ("one", c_void_p),
        ("two", c_void_p),
        ("opening", c_void_p),
        ("gain", c_void_p),
        ("eps", c_float),
        ("scalar", c_float),
        ("count", c_int32),
        ("size", c_int32),
    ]


class Head(ctypes.Structure):
    _fields_ = [
        ("cap", c_float),
        ("logits", c_void_p),
        ("log_sums", c_void_p),
        ("top", c_int32),
        ("top_logits", c_void_p),
        ("top_outputs", c_void_p),
        ("choices", c_int32),
        ("chosen", c_void_p),
        ("chosen_logits", c_void_p),
    ]


class Expecting(ctypes.Structure):
    _fields_ = [
        ("logits", c_void_p),
        ("count", c_int32),
        ("least", c_float),
        ("factor", c_float),
        ("out", c_void_p),
    ]


class Layer(ctypes.Structure):
    _fields_ = [
        ("heads", Heads),
        ("has_values", c_int32),
        ("eps", c_float),
        ("before_attention", c_void_p),
        ("head_gains", c_void_p),
        ("after_attention", c_void_p),
        ("closing", c_void_p),
        ("after_mlps", c_void_p),
        ("qkv", Matrix),
        ("out", Matrix),
        ("gains", c_void_p * 2),
        ("gate_up", Matrix * 2),
        ("down", Matrix * 2),
    ]


class Step(ctypes.Structure):
    _fields_ = [
        ("hidden", c_void_p),
        ("cos", c_void_p),
        ("sin", c_void_p),
        ("scalar", c_float),
        ("count", c_int32),
        ("into_own", c_int32),
        ("first", c_int32),
        ("shared_keys", c_void_p),
        ("shared_values", c_void_p),
        ("own_keys", c_void_p),
        ("own_values", c_void_p),
        ("seen_first", c_void_p),
        ("seen_past", c_void_p),
        ("own_from", c_void_p),
        ("own", c_void_p),
    ]


FUNCTIONS = {
    "open": (c_void_p, [c_int32, c_int32]),
    "close": (None, [c_void_p]),
    "pack": (None, [c_void_p, c_int32, c_int32, c_void_p, c_void_p]),
    "embed": (None, [c_void_p, c_void_p, c_int32, c_float, c_void_p]),
    "product": (c_int32, [c_void_p] * 4),
    "gated_mlp": (c_int32, [c_void_p] * 5),
    "experts": (c_int32, [c_void_p] * 4),
    "turn": (c_int32, [c_void_p] * 3),
    "attend": (c_int32, [c_void_p] * 3),
    "join": (c_int32, [c_void_p] * 2),
    "head": (c_int32, [c_void_p] * 4),
    "expect": (c_int32, [c_void_p] * 3),
    "layer": (c_int32, [c_void_p] * 3),
}


def load_library(path: Path = FOLDER / LIBRARY) -> ctypes.CDLL:
    """Raises NoKernelsError."""
    try:
        library = ctypes.CDLL(str(path))
        for name, (result, arguments) in FUNCTIONS.items():
            function = getattr(library, f"fillwright_{name}")
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise NoKernelsError(f"The CPU kernels cannot be loaded ({error}).") from error
    return library
