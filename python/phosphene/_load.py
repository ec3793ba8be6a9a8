"""Loads the compiled module so that no other library of the process stands in for those that it uses.

Linux gives every symbol to the library that first offered it to all (RTLD_GLOBAL). TensorFlow does so with its own protobuf and SQLite, whose
releases are not those that phosphene was built with. Where somebody did, phosphene's libraries look among themselves first (RTLD_DEEPBIND).
"""

import ctypes
import importlib
import os
import sys
from typing import Any

# A function of each library that others are known to carry.
_CARRIED = ("_ZN6google8protobuf14DescriptorPool14generated_poolEv", "dnnl_engine_create", "sqlite3_open", "EVP_MD_CTX_new", "png_create_read_struct",
            "jpeg_CreateDecompress", "WebPGetInfo")


def load_module() -> None:
    """Loads phosphene._phosphene. ImportError where it could not be kept apart from what was loaded before."""
    everybody = ctypes.CDLL(None)
    flags = os.RTLD_NOW | os.RTLD_LOCAL  # what is bound at once stays so, whatever is loaded later
    if any(hasattr(everybody, name) for name in _CARRIED):
        # Looking among themselves they would find libc's malloc. (The address of malloc itself may be one of the program python.)
        if _address(everybody.malloc_usable_size) != _address(ctypes.CDLL("libc.so.6").malloc_usable_size):
            raise ImportError("phosphene > a library was imported before that offers its protobuf, SQLite or the like to all, and malloc is not libc's; "
                              "import phosphene first, or do without LD_PRELOAD")
        flags |= os.RTLD_DEEPBIND
    before = sys.getdlopenflags()
    sys.setdlopenflags(flags)
    try:
        importlib.import_module("._phosphene", __package__)
    finally:
        sys.setdlopenflags(before)


def _address(function: Any) -> int | None:
    return ctypes.cast(function, ctypes.c_void_p).value


load_module()
