"""A request that is sent again with its ``Idempotency-Key`` is answered by the job it made."""

from __future__ import annotations

import hashlib

from jupyter_ades.core.store import Store
from jupyter_ades.errors import IdempotencyConflict
from jupyter_ades.model import Job


def request_digest(subject: str, body: bytes) -> str:
    """What requests with one idempotency key are compared by.

    ``subject`` is the id of the process that they execute, or of the job that they run again.
    """
    return hashlib.sha256(subject.encode() + b"\0" + body).hexdigest()


def made_by(store: Store, key: str | None, digest: str) -> Job | None:
    """The job that a request with this key made; IdempotencyConflict when it was another one."""
    found = store.find_by_key(key) if key else None
    if found is None:
        return None
    job_id, made = found
    if made != digest:
        raise _conflict(key)
    return store.job(job_id)


def executed_by(store: Store, key: str | None, process_id: str, body: bytes) -> Job | None:
    """The same of a request to execute a process, which may be gone, or have a newer version.

    ``process_id`` is as the request spells it: an id, or an alias.
    """
    found = store.find_by_key(key) if key else None
    if found is None:
        return None
    job_id, made = found
    job = store.job(job_id)
    named = process_id in (job.process.id, job.process.alias)
    if not named or made != request_digest(job.process.id, body):
        raise _conflict(key)
    return job


def _conflict(key: str | None) -> IdempotencyConflict:
    return IdempotencyConflict(
        f"Idempotency-Key {key!r} was used with another request; take a new key."
    )
