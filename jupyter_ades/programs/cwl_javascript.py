"""CWL's JavaScript in an engine inside of this process, bounded in time and memory.

QuickJS needs no Node, starts in less than a millisecond, and ends what runs for too long or takes
too much. Where it is not installed, cwltool's own way holds: Node, bounded in time alone.
"""

from __future__ import annotations

import json
from typing import Any

from cwl_utils.errors import JavascriptException
from cwl_utils.sandboxjs import NodeJSEngine, code_fragment_to_js, set_js_engine

#: Bytes of an engine's stack: as deep as Node's, and far less than a thread's own.
STACK = 2**19
#: Characters of an expression that a message shows.
SHOWN = 200


class EmbeddedEngine(NodeJSEngine):
    """Runs each expression in an engine of its own."""

    def __init__(self, seconds: float, memory: int) -> None:
        super().__init__()
        self._seconds, self._memory = seconds, memory

    def eval(self, scan: str, jslib: str = "", *_: Any, **__: Any) -> Any:
        """The value of an expression; JavascriptException, with the expression, when it fails."""
        # Not its package, which starts a thread when it is imported: no fork server may have one.
        import _quickjs as quickjs  # type: ignore[import-not-found]

        context = quickjs.Context()
        context.set_memory_limit(self._memory)
        context.set_time_limit(self._seconds)
        context.set_max_stack_size(STACK)
        script = code_fragment_to_js(scan, jslib)
        try:
            found = context.eval(f"JSON.stringify(eval({json.dumps(script)}))")
        except quickjs.JSException as error:
            raise JavascriptException(f"{self._why(str(error))}\n{_shown(scan)}") from None
        except MemoryError:
            raise JavascriptException(f"{self._too_much()}\n{_shown(scan)}") from None
        if found is None:
            raise JavascriptException(f"the expression has no value\n{_shown(scan)}")
        return json.loads(found)

    def _why(self, error: str) -> str:
        first = error.strip().splitlines()[0] if error.strip() else "no reason given"
        if first.endswith("interrupted"):
            return (
                f"it ran for more than {self._seconds:g} seconds, the most that an expression may"
                " (c.ADES.expression_seconds)"
            )
        return self._too_much() if "out of memory" in first else first

    def _too_much(self) -> str:
        return (
            f"it took more than {self._memory / 2**20:g} MiB of memory, the most that an expression"
            " may (c.ADES.expression_bytes)"
        )


def _shown(scan: str) -> str:
    text = scan if len(scan) <= SHOWN else f"{scan[:SHOWN]}..."
    return f"JavaScript expression: {text}"


def bound_expressions(seconds: float, memory: int) -> None:
    """Let cwltool's expressions be run in an embedded engine, where it is installed."""
    try:
        import _quickjs  # noqa: F401
    except ImportError:
        return
    set_js_engine(EmbeddedEngine(seconds, memory))
