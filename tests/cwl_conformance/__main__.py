"""Runs a suite: ``python -m tests.cwl_conformance SUITE [cwltest's options]``.

SUITE is a checkout of common-workflow-language/cwl-v1.2, or another folder with a
``conformance_tests.yaml``. The exit code is cwltest's: 0 when no test failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.cwl_conformance.serving import serving

RUNNER = Path(__file__).with_name("runner.py")
TESTS = "conformance_tests.yaml"
#: Tests at once.
PARALLEL = 2


def command(suite: Path, *options: str) -> list[str]:
    """How cwltest is called, in the suite's folder."""
    return [
        *(sys.executable, "-m", "cwltest.main", "--test", TESTS, f"-j{PARALLEL}"),
        *("--timeout", "300", "--basedir", str(suite), *options),
        *("--tool", sys.executable, "--", str(RUNNER)),
    ]


def main(suite: Path, *options: str) -> int:
    """Run a suite against a server of its own; cwltest's exit code."""
    if not (suite / TESTS).is_file():
        print(f"{suite} has no {TESTS}: give a checkout of a suite", file=sys.stderr)
        return 2
    with serving(suite, jobs=PARALLEL) as variables:
        return subprocess.run(
            command(suite.resolve(), *options), cwd=suite, env={**os.environ, **variables}
        ).returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
