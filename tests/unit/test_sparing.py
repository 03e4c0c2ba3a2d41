"""What a fork server leaves out is there for the job that uses it."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import json, sys
import jupyter_ades.programs.exercise
from jsonschema import FormatChecker
before = [name in sys.modules for name in ("debugpy", "rfc3987_syntax")]
found = [FormatChecker().conforms(text, "iri") for text in ("http://é.example/a", "http://a b")]
import rfc3987_syntax
print(json.dumps([before, found, rfc3987_syntax.is_valid_syntax("iri", "http://a b")]))
"""


def test_iris_are_checked_though_their_grammar_is_left_out() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout) == [[False, False], [True, False], False]
