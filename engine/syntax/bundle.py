"""Grammars of the `tree-sitter-languages` bundle, for languages without a wheel of their own here.

The bundle's own loader wants a tree-sitter of long ago; its library is opened directly, and what
it answers is handed over as the capsule that tree-sitter takes now. Where the bundle is not
installed (it has no wheels for Python 3.13 and newer) there are no such grammars.
"""

import ctypes
import importlib.util
import sys
from functools import cache
from pathlib import Path

from tree_sitter import LANGUAGE_VERSION, MIN_COMPATIBLE_LANGUAGE_VERSION, Language

LIBRARIES = {"win32": "languages.dll"}


def grammar(name: str) -> Language | None:
    """The bundle's grammar of this name, or None when there is none that tree-sitter can use."""
    library = _library()
    # names are identifiers of C: anything else would be looked up in vain, or worse
    if library is None or not (name.isidentifier() and name.isascii()):
        return None
    try:
        function = getattr(library, f"tree_sitter_{name}")
    except AttributeError:
        return None
    function.restype = ctypes.c_void_p
    new_capsule = ctypes.pythonapi.PyCapsule_New
    new_capsule.restype = ctypes.py_object
    new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    language = Language(new_capsule(function(), b"tree_sitter.Language", None))
    if not MIN_COMPATIBLE_LANGUAGE_VERSION <= language.abi_version <= LANGUAGE_VERSION:
        return None
    return language


@cache
def _library() -> ctypes.CDLL | None:
    package = importlib.util.find_spec("tree_sitter_languages")
    if package is None or package.origin is None:
        return None
    path = Path(package.origin).parent / LIBRARIES.get(sys.platform, "languages.so")
    return ctypes.CDLL(str(path)) if path.exists() else None
