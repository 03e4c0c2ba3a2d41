"""One job's objects in Kubernetes, by the official client; an API that is away is waited for."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from urllib3.exceptions import HTTPError

from jupyter_ades.programs.kubernetes_job import LABEL, name_of

T = TypeVar("T")
#: Seconds of the first and the longest pause before an act that failed is tried again.
PAUSE, LONGEST = float(os.environ.get("JUPYTER_ADES_LOOK", "2")), 15.0
#: Seconds that the API may be away: a control plane that is upgraded is back within minutes.
AWAY = float(os.environ.get("JUPYTER_ADES_AWAY", "300"))
#: Seconds that a removal is tried for: a dismissal, and who ends leftovers, wait no longer than 20.
REMOVAL = min(AWAY, 8.0)
#: Seconds to connect and to read an answer; the client's own are unbounded.
TIMEOUT = (5.0, 30.0)
#: Statuses of the 4xx that say "later", not "no".
_LATER = (408, 425, 429)


class ClusterFault(Exception):
    """The API refused, or was away for too long; the text is a sentence for people."""


def client_of_this_place() -> Any:
    """The official client, told where the cluster of this pod, or of the kubeconfig, is."""
    from kubernetes import client, config

    try:
        config.load_incluster_config()
    except config.ConfigException:
        config.load_kube_config()
    return client


def errors(client: Any) -> tuple[type[Exception], ...]:
    """What the API, or the way to it, may raise."""
    return (client.ApiException, OSError, HTTPError)


class Cluster:
    """One job's objects in Kubernetes."""

    def __init__(self, namespace: str, job_id: str, say: Callable[[str], None] = print) -> None:
        client = self._client = client_of_this_place()
        self._batch, self._core = client.BatchV1Api(), client.CoreV1Api()
        self._errors = errors(client)
        self._namespace, self._selector = namespace, f"{LABEL}={job_id}"
        self._say = say
        self.name = name_of(job_id)

    def has_job(self) -> bool:
        """Whether the Job is there; raises ClusterFault when the API stays away."""

        def look() -> bool:
            try:
                self._batch.read_namespaced_job(
                    self.name, self._namespace, _request_timeout=TIMEOUT
                )
            except self._client.ApiException as error:
                if error.status != 404:
                    raise
                return False
            return True

        return self._patiently(look, AWAY)

    def submit(self, document: dict[str, Any], *, again: bool = False) -> None:
        """Make the Job; raises ClusterFault when the cluster refuses it.

        ``again`` when an earlier program may have made it.
        """
        tries = 1 if again else 0

        def make() -> None:
            nonlocal tries
            tries += 1
            try:
                self._batch.create_namespaced_job(
                    self._namespace, document, _request_timeout=TIMEOUT
                )
            except self._client.ApiException as error:
                # An earlier try made it, and only its answer was lost.
                if error.status != 409 or tries == 1:
                    raise

        self._patiently(make, AWAY, refusable=True)

    def give(self, secret: dict[str, Any]) -> None:
        """Make the job's Secret; one that is there was made by an earlier try."""

        def make() -> None:
            try:
                self._core.create_namespaced_secret(
                    self._namespace, secret, _request_timeout=TIMEOUT
                )
            except self._client.ApiException as error:
                if error.status != 409:
                    raise

        self._patiently(make, AWAY, refusable=True)

    def pods(self) -> list[dict[str, Any]]:
        """The job's pods, as the API's JSON has them; raises ClusterFault when it stays away."""
        listed = self._patiently(
            lambda: self._core.list_namespaced_pod(
                self._namespace, label_selector=self._selector, _request_timeout=TIMEOUT
            ),
            AWAY,
        )
        plain: list[dict[str, Any]] = self._client.ApiClient().sanitize_for_serialization(
            listed.items
        )
        return plain

    def events(self) -> str:
        """What the cluster last said of the Job, such as that a quota refuses its pod."""
        with suppress(*self._errors):
            listed = self._core.list_namespaced_event(
                self._namespace,
                field_selector=f"involvedObject.kind=Job,involvedObject.name={self.name}",
                _request_timeout=TIMEOUT,
            )
            said = [each.message for each in listed.items if each.type == "Warning"]
            return str(said[-1]) if said else ""
        return ""

    def log(self, pod: str) -> str | None:
        """What a pod has said so far; None when that cannot be read now."""
        with suppress(*self._errors):
            answer = self._core.read_namespaced_pod_log(
                pod, self._namespace, _preload_content=False, _request_timeout=TIMEOUT
            )
            return bytes(answer.data).decode("utf-8", "replace")
        return None

    def remove(self, *, secret: bool = False) -> bool:
        """Remove the Job with all pods that carry its label, as well as it goes; whether it did.

        With the job's Secret, when it has one.
        """
        acts: tuple[Callable[[], Any], ...] = (
            lambda: self._batch.delete_namespaced_job(
                self.name,
                self._namespace,
                propagation_policy="Background",
                _request_timeout=TIMEOUT,
            ),
            lambda: self._core.delete_collection_namespaced_pod(
                self._namespace, label_selector=self._selector, _request_timeout=TIMEOUT
            ),
        )
        if secret:
            acts += (
                lambda: self._core.delete_namespaced_secret(
                    self.name, self._namespace, _request_timeout=TIMEOUT
                ),
            )
        # All are tried, whatever became of the first.
        removed = [self._removed(act) for act in acts]
        return all(removed)

    def _removed(self, act: Callable[[], Any]) -> bool:
        def unless_gone() -> None:
            try:
                act()
            except self._client.ApiException as error:
                if error.status != 404:
                    raise

        try:
            self._patiently(unless_gone, REMOVAL / 2, refusable=True)
        except ClusterFault as error:
            self._say(f"What the job has in the cluster could not be removed: {error}")
            return False
        return True

    def _patiently(self, act: Callable[[], T], seconds: float, *, refusable: bool = False) -> T:
        """What an act gives, tried again while the API is away, for so many seconds."""
        last, pause = time.monotonic() + seconds, PAUSE
        while True:
            try:
                return act()
            except self._errors as error:
                words = words_of(error)
                status = getattr(error, "status", None) or 0
                if refusable and 400 <= status < 500 and status not in _LATER:
                    raise ClusterFault(f"the cluster refused: {words}") from error
                if time.monotonic() + pause > last:
                    raise ClusterFault(
                        f"the cluster's API gave no answer for {seconds:g} seconds: {words}"
                    ) from error
            self._say(f"The cluster's API gave no answer, and is asked again: {words}")
            time.sleep(pause)
            pause = min(2 * pause, LONGEST)


def words_of(error: Exception) -> str:
    """What the API says of an error, without its headers."""
    status, body = getattr(error, "status", None), getattr(error, "body", None)
    if not status:
        return str(error)
    with suppress(ValueError, TypeError, KeyError):
        return f"{json.loads(body or '')['message']} ({status})"
    return f"{getattr(error, 'reason', None) or 'no reason is given'} ({status})"
