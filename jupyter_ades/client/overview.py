"""What ``%ades`` alone shows."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_ades.client.client import Client
from jupyter_ades.client.job import JobList
from jupyter_ades.client.process import ProcessList


@dataclass(frozen=True)
class Overview:
    """A service, its processes and its newest jobs."""

    client: Client
    processes: ProcessList
    jobs: JobList

    def __repr__(self) -> str:
        opened = sum(not each.record.status.final for each in self.jobs)
        return (
            f"<ADES {self.client.url}: processes: {len(self.processes)},"
            f" open jobs: {opened} of the newest {len(self.jobs)}>"
        )

    def _repr_html_(self) -> str:
        parts = (self.client, self.processes, self.jobs)
        return "".join(each._repr_html_() for each in parts) + "<p><code>%ades?</code></p>"
