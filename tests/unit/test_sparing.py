"""What programs and fork servers leave out is there for the job that uses it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import json, sys
import {module}
from jsonschema import FormatChecker
before = [name in sys.modules for name in ("debugpy", "rfc3987_syntax")]
assert "jsonschema" in sys.modules
found = [FormatChecker().conforms(text, "iri") for text in ("http://é.example/a", "http://a b")]
import rfc3987_syntax
print(json.dumps([before, found, rfc3987_syntax.is_valid_syntax("iri", "http://a b")]))
"""


@pytest.mark.parametrize(
    "module",
    [
        "jupyter_ades.programs.exercise",
        "jupyter_ades.programs.run_notebook",
        "jupyter_ades.json_schema",
    ],
)
def test_iris_are_checked_though_their_grammar_is_left_out(module: str) -> None:
    program = PROGRAM.format(module=module)
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout) == [[False, False], [True, False], False]
