"""What subscribers are still to be told: an outbox that triggers fill, so that nothing is lost.

A row is a job and a state; a final state takes the place of those before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from jupyter_ades.core.store_jobs import text
from jupyter_ades.core.store_writing import Writing
from jupyter_ades.model import JobStatus

#: No attempt is put off for longer.
FAR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Tiding:
    """One message that has not been delivered."""

    number: int
    job_id: str
    status: JobStatus
    #: Attempts so far.
    attempts: int


class Outbox(Writing):
    """The part of the store that keeps them."""

    def look(self, now: datetime, *, limit: int) -> tuple[list[Tiding], datetime | None]:
        """Those whose time has come, and when the next one is due; None when there is none."""
        following = self.next_tiding()
        return (self.tidings(now, limit=limit) if following else []), following

    def tidings(self, now: datetime, *, limit: int) -> list[Tiding]:
        """Those whose time has come, oldest first."""
        # One that is due too far ahead was written down before the clock was set back.
        rows = self._run(
            "SELECT number, job_id, status, attempts FROM tidings WHERE due <= ? OR due > ?"
            " ORDER BY due LIMIT ?",
            (text(now), text(now + FAR), limit),
        )
        return [
            Tiding(
                number=row["number"],
                job_id=row["job_id"],
                status=JobStatus(row["status"]),
                attempts=row["attempts"],
            )
            for row in rows
        ]

    def next_tiding(self) -> datetime | None:
        """When the next one is due; None when there is none."""
        row = self._run("SELECT min(due) AS due FROM tidings").fetchone()
        return datetime.fromisoformat(row["due"]) if row["due"] else None

    def put_off(self, tiding: Tiding, due: datetime) -> None:
        """Try again later."""
        self._write(
            "UPDATE tidings SET attempts = attempts + 1, due = ? WHERE number = ?",
            (text(due), tiding.number),
        )

    def settle(self, tiding: Tiding) -> None:
        """Forget one that was delivered, or given up."""
        self._write("DELETE FROM tidings WHERE number = ?", (tiding.number,))
