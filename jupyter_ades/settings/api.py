"""Traits of what clients may ask for and are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from traitlets import Float, HasTraits, Int, List, Unicode, validate

from jupyter_ades.settings.bounds import above_zero

if TYPE_CHECKING:
    from jupyter_ades.model import FetchPolicy, Telling


class ApiTraits(HasTraits):
    """Links of literal inputs, synchronous runs, callbacks."""

    literal_max_bytes = Int(
        2**20,
        help="Bytes that the link of a literal or JSON input may give; it is fetched before the"
        " job is accepted. Default: 1 MiB.",
    ).tag(config=True)
    literal_timeout = Float(
        5.0, help="Seconds after which such a link is given up. Default: 5."
    ).tag(config=True)
    sync_processes = List(
        Unicode(),
        help="Ids of processes that may be run while the client waits, beside those that say so"
        " themselves. Default: none.",
    ).tag(config=True)
    callback_secret = Unicode(
        help="Key by which callbacks are signed: the header X-ADES-Signature-256 is 'sha256=' and"
        " the HMAC-SHA256 of the body in hex. Default: none, and no such header.",
    ).tag(config=True)
    callback_attempts = Int(
        8, help="Attempts to deliver one callback, over about ten minutes. Default: 8."
    ).tag(config=True)
    callback_timeout = Float(
        10.0, help="Seconds that a subscriber has to answer a callback. Default: 10."
    ).tag(config=True)

    def callback_terms(self, fetch: FetchPolicy) -> Telling:
        """How subscribers are told."""
        from jupyter_ades.model import Telling

        return Telling(
            fetch=fetch,
            secret=self.callback_secret,
            attempts=self.callback_attempts,
            timeout=self.callback_timeout,
        )

    @validate("literal_max_bytes", "callback_attempts", "callback_timeout", "literal_timeout")
    def _validate_above_zero(self, proposal: Mapping[str, Any]) -> Any:
        return above_zero(proposal)
