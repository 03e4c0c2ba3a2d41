"""The pages of a STAC API's answer, followed by pystac-client over this project's own fetching."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pystac_client.stac_api_io import StacApiIO

from jupyter_ades.errors import UnreachableReference
from jupyter_ades.fetch import fetch_bytes
from jupyter_ades.model import FetchPolicy
from jupyter_ades.references import check_href, shown

#: Pages of one answer.
MOST_PAGES = 1_000


class PageReader(StacApiIO):  # type: ignore[misc]
    """Reads pages by the fetch policy, each once."""

    def __init__(self, policy: FetchPolicy) -> None:
        super().__init__(max_retries=None)
        self._policy = policy
        self._asked: set[str] = set()

    def request(
        self,
        href: str,
        method: str | None = None,
        headers: dict[str, str] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> str:
        """A page's text."""
        if (method or "GET").upper() != "GET":
            raise UnreachableReference(
                f"{shown(href)}: the next page wants a POST; give a search by GET, or its items."
            )
        if href in self._asked or len(self._asked) >= MOST_PAGES:
            raise UnreachableReference(
                f"{shown(href)}: its pages go round in a circle, or are more than {MOST_PAGES}."
            )
        self._asked.add(href)
        check_href(href, self._policy)
        return fetch_bytes(href, self._policy)[0].decode("utf-8", "replace")


def pages(href: str, policy: FetchPolicy) -> Iterator[dict[str, Any]]:
    """The feature collections of a search, the first one too."""
    yield from PageReader(policy).get_pages(href, method="GET", parameters={})
