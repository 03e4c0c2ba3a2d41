"""The end of a forked process: all of Python's own, but for what the fork server had imported.

To take that apart takes longer than most jobs. What the fork itself made and imported is released
as ever, so that a file that was left open is written, and C libraries see to their own.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import sys
import threading
import weakref
from collections.abc import Collection
from types import ModuleType
from typing import Any


def leave(code: int, imported: Collection[str]) -> None:
    """End this process as ``sys.exit`` does; ``imported`` are the modules that are left alone."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    _release({name: each for name, each in sys.modules.items() if name not in imported})
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    # Python's lock is kept: other threads must not run while C libraries end.
    ctypes.PyDLL(None).exit(code)


def _release(modules: dict[str, Any]) -> None:
    """Let go of modules, last imported first; clear those that something still holds."""
    left = [weakref.ref(each) for each in modules.values() if isinstance(each, ModuleType)]
    for name in reversed(modules):
        del sys.modules[name]
    modules.clear()
    gc.collect()
    for reference in reversed(left):
        module = reference()
        if module is not None:
            _clear(vars(module))
    gc.collect()


def _clear(names: dict[str, Any]) -> None:
    """As Python does: private names first, the built-in ones last of all."""
    for private in (True, False):
        for name in list(names):
            if name != "__builtins__" and name.startswith("_") >= private:
                names[name] = None
