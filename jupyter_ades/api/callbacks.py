"""Tells subscribers how their jobs go (OGC 18-062r2, callback): retried, signed, never in the way.

What is to be told stands in the store, so that a server that starts again goes on telling.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import random
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from jupyter_ades import __version__, metrics
from jupyter_ades.api.bucket_files import beside
from jupyter_ades.api.dialect import Dialect, Links
from jupyter_ades.api.replies import Delivered
from jupyter_ades.core.service import Service
from jupyter_ades.core.store_tidings import Tiding
from jupyter_ades.core.subscribers import HEARS
from jupyter_ades.core.thread import Core
from jupyter_ades.errors import AdesError, NoSuchJob, RefusedReference
from jupyter_ades.model import FetchPolicy, Job, JobStatus, Telling
from jupyter_ades.references import check_href, policy_of, shown

log = logging.getLogger(__name__)

#: Messages on their way at once.
AT_ONCE = 8
#: Seconds to the second attempt; doubled for each further one, up to the longest.
FIRST_WAIT, LONGEST_WAIT = 2.0, 300.0
#: Seconds after which the outbox is looked at, though no job has changed.
IDLE = 30.0
SIGNATURE = "X-ADES-Signature-256"


class Callbacks:
    """The loop that empties the outbox."""

    def __init__(
        self, core: Core, services: Sequence[Service], dialects: Sequence[Dialect], terms: Telling
    ) -> None:
        self._core = core
        self._services = services
        self._dialects: Mapping[str, Dialect] = {each.name: each for each in dialects}
        self._terms = terms
        self._policy = replace(terms.fetch, timeout=terms.timeout)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ades-callback")
        self._under_way: set[tuple[str, int]] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Send what is due, for as long as the server runs."""
        while True:
            try:
                wait = await self._round()
            except Exception:
                log.exception("The callbacks could not be looked at; they are again later")
                wait = IDLE
            await self._core.next_change(wait)

    def stop(self) -> None:
        """Send nothing more; what was not delivered waits in the store."""
        for task in self._tasks:
            task.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _round(self) -> float:
        """Begin to send what is due; seconds until more is."""
        waits = [IDLE]
        for service in self._services:
            now = datetime.now(UTC)
            free = AT_ONCE - len(self._under_way)
            due, following = await self._core.call(service.outbox.look, now, limit=AT_ONCE)
            for tiding in due[: max(free, 0)]:
                self._begin(service, tiding)
            if following is not None:
                waits.append(max(0.2, (following - datetime.now(UTC)).total_seconds()))
        return min(waits)

    def _begin(self, service: Service, tiding: Tiding) -> None:
        key = (service.workspace.name, tiding.number)
        if key in self._under_way:
            return
        self._under_way.add(key)
        task = asyncio.create_task(self._tell(service, tiding))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: self._under_way.discard(key))

    async def _tell(self, service: Service, tiding: Tiding) -> None:
        try:
            job = await self._core.call(service.any_job, tiding.job_id)
            uri = str((job.request.subscriber or {}).get(HEARS[tiding.status]) or "")
            body = await self._body(service, job, tiding.status) if uri else b""
            policy = policy_of(self._policy, guest=job.request.guest)
            refusal = await self._send(uri, body, policy) if uri else ""
        except NoSuchJob:
            refusal = ""
        except RefusedReference as error:
            log.warning("%s: its subscriber is not told: %s", tiding.job_id, error.detail)
            refusal = ""
        metrics.CALLBACKS.labels("refused" if refusal else "delivered").inc()
        if not refusal:
            await self._core.call(service.outbox.settle, tiding)
        elif tiding.attempts + 1 >= self._terms.attempts:
            log.warning("%s: its subscriber is given up: %s", tiding.job_id, refusal)
            await self._core.call(service.outbox.settle, tiding)
        else:
            log.info("%s: its subscriber is told again later: %s", tiding.job_id, refusal)
            await self._core.call(service.outbox.put_off, tiding, _later(tiding.attempts))

    async def _body(self, service: Service, job: Job, status: JobStatus) -> bytes:
        """The results of a successful job, else its status, in the dialect that it was made in."""
        request = job.request
        dialect = self._dialects.get(request.dialect) or next(iter(self._dialects.values()))
        links = Links(root=request.root, origin=request.origin)
        document = dialect.status(job, links)
        if status is JobStatus.SUCCESSFUL:
            try:
                _, results = await self._core.call(service.results, job.id, unlisted=True)
                found = Delivered(find=service.finder(job, results), s3=service.workspace.s3)
                document = await beside(dialect.results_document, job, results, links, found)
            except AdesError as error:
                log.info("%s: its results cannot be told: %s", job.id, error.detail)
        return json.dumps(document, ensure_ascii=False).encode()

    async def _send(self, uri: str, body: bytes, policy: FetchPolicy) -> str:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._post, uri, body, policy)

    def _post(self, uri: str, body: bytes, policy: FetchPolicy) -> str:
        """Deliver one message; why it was not taken, empty when it was."""
        from urllib3.exceptions import HTTPError

        from jupyter_ades.connections import pool
        from jupyter_ades.deadline import deadline

        check_href(uri, policy)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"jupyter_ades/{__version__}",
            **signature(self._terms.secret, body),
        }
        with deadline(self._terms.timeout) as allowed:
            try:
                answer = pool(policy).request(
                    "POST",
                    uri,
                    body=body,
                    headers=headers,
                    redirect=False,
                    retries=False,
                    preload_content=False,
                )
                # How it was taken is in its status; what else it says is left.
                answer.close()
            except HTTPError as error:
                if not allowed.over:
                    return f"{shown(uri)}: {error}"
        if allowed.over:
            return f"{shown(uri)}: no answer within {self._terms.timeout:g} seconds"
        taken = answer.status < 300
        return "" if taken else f"{shown(uri)} answered {answer.status}"


def signature(secret: str, body: bytes) -> dict[str, str]:
    """The header by which a subscriber knows who tells it; none without a secret."""
    if not secret:
        return {}
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {SIGNATURE: f"sha256={digest}"}


def _later(attempts: int) -> datetime:
    longest = min(FIRST_WAIT * 2**attempts, LONGEST_WAIT)
    return datetime.now(UTC) + timedelta(seconds=random.uniform(longest / 2, longest))
