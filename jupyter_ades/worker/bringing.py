"""Brings files into a job: from the first of their places that gives them, once per workspace."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_ades.errors import AdesError, RefusedReference, UnreachableReference
from jupyter_ades.fetch import Fetched, Validator, fetch
from jupyter_ades.model import FetchPolicy
from jupyter_ades.references import check_href, is_remote, user_path
from jupyter_ades.s3.address import is_s3, read_address
from jupyter_ades.s3.objects import Object
from jupyter_ades.worker.cache import Cache
from jupyter_ades.worker.promises import Promise


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One file that an input wants."""

    #: What it is, for people: ``Asset B04 of item S2A``; empty for a file that a request names.
    what: str = ""
    #: Where it is: the first that gives it counts.
    hrefs: Sequence[str]
    target: Path
    promise: Promise = field(default_factory=Promise)
    #: What a bucket said of it when it was listed.
    listed: Object | None = None


@dataclass
class Bringer:
    """What all files of a job share. May be used from several threads."""

    policy: FetchPolicy
    cache: Cache | None = None
    #: Buckets that could not be reached, and why: they are not asked for each further file.
    _closed: dict[str, AdesError] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def bring(self, wanted: Wanted) -> None:
        """Put the file to its place; raises the one reason, or all of them in one."""
        failures: list[AdesError] = []
        for href in wanted.hrefs:
            try:
                self._bring_from(href, wanted)
            except (RefusedReference, UnreachableReference) as error:
                wanted.target.unlink(missing_ok=True)
                failures.append(error)
            else:
                return
        raise _joined(wanted, failures)

    def _bring_from(self, href: str, wanted: Wanted) -> None:
        bucket = read_address(href).bucket if is_s3(href) else ""
        closed = self._closed.get(bucket)
        if closed is not None:
            raise closed
        try:
            self._fetch(href, wanted)
        except UnreachableReference as error:
            if bucket and len(wanted.hrefs) > 1 and not _is_missing(error):
                with self._lock:
                    self._closed[bucket] = error
            raise

    def _fetch(self, href: str, wanted: Wanted) -> None:
        what = wanted.what or href.partition("?")[0]

        def check(path: Path) -> None:
            wanted.promise.check(path, what)

        def get(href: str, target: Path, known: Validator) -> Fetched:
            return fetch(href, target, self.policy, known, wanted.listed)

        if self.cache is not None and is_remote(href):
            check_href(href, self.policy)
            self.cache.bring(href, wanted.target, get, check, wanted.promise.checksum)
            return
        get(href, wanted.target, Validator())
        check(wanted.target)
        if not is_remote(href):
            _keep_executable(user_path(href, self.policy), wanted.target)


def _is_missing(error: AdesError) -> bool:
    return "there is no such object" in error.detail


def _joined(wanted: Wanted, failures: Sequence[AdesError]) -> AdesError:
    first = failures[0]
    if len(failures) == 1:
        detail = first.detail if not wanted.what else f"{wanted.what}: {first.detail}"
        return type(first)(detail, first.problems)
    reasons = " ".join(error.detail for error in failures)
    return UnreachableReference(f"{wanted.what} could not be had from any of its places. {reasons}")


def _keep_executable(source: Path, target: Path) -> None:
    """Let a copied script be run as the first one can be."""
    bits = source.stat().st_mode & 0o111
    if bits:
        target.chmod(target.stat().st_mode | bits)
