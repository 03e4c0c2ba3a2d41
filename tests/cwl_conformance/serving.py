"""A real Jupyter server over the folder of a suite."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cwl_conformance.runner import TOKEN, URL
from tests.restart.server import Server


@contextmanager
def serving(root: Path, *, jobs: int = 2, containers: str = "auto") -> Iterator[dict[str, str]]:
    """What the runner's environment needs, while a server's root folder is this one."""
    with tempfile.TemporaryDirectory(prefix="cwl-conformance-") as folder:
        server = Server(
            Path(folder),
            user_folder=root.resolve(),
            traits={
                "max_running_jobs": jobs,
                "job_cores": 2,
                "container_engine": containers,
                "results_url": Path(folder, "results"),
                "warm_workers": True,
            },
        )
        server.start()
        try:
            yield {URL: server.root, TOKEN: "secret"}
        finally:
            server.stop()
