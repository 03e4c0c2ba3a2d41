"""Why an image could not be had, of what cwltool and each engine say."""

from __future__ import annotations

import pytest

from jupyter_ades.runners.images import failed_pull

REQUIRED = "Got workflow error: Docker is required to run this tool: "
HINT = "Docker is not available for this tool, try --no-container to disable Docker: "


@pytest.mark.parametrize("before", [REQUIRED, HINT])
@pytest.mark.parametrize(
    ("engine", "more", "name", "said"),
    [
        ("podman", "", "x/y:1", "Error: initializing source docker://x/y:1: manifest unknown"),
        ("docker", "", "x/y:1", "Error response from daemon: pull access denied for x/y"),
        ("apptainer", "'--force', ", "docker://x/y:1", "FATAL:   While making image"),
    ],
)
def test_the_engine_says_why(before: str, engine: str, more: str, name: str, said: str) -> None:
    error = (
        f"{before}Command '['{engine}', 'pull', {more}'{name}']' returned non-zero exit status 125."
    )
    why = f"image x/y:1 cannot be had: {engine} pull failed with exit code 125: "
    lines = ["Error: inspecting object: none", f"{said}\n", f"ERROR {error}", "Traceback"]
    assert failed_pull(error, lines) == why + said
    assert failed_pull(error, ["ERROR"]) == why + "the log says why"


def test_other_errors_are_others() -> None:
    assert failed_pull(f"{REQUIRED}Command '['podman', 'info']' timed out", ["Error: x"]) == ""
    assert failed_pull("Cannot make job: no pull", []) == ""
