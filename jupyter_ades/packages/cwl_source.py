"""Where a CWL document stands, and the only door through which cwltool reads anything else.

cwltool sees every document as ``file:///<path>``, a path on the document's own host or in the
user folder, so that its messages name no folder of this machine; this module turns such a URL
back into an href that the fetch policy judges.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from schema_salad.exceptions import ValidationException
from schema_salad.fetcher import DefaultFetcher

from jupyter_ades.errors import AdesError, InvalidPackage, Problem
from jupyter_ades.fetch import fetch_bytes
from jupyter_ades.model import FetchPolicy
from jupyter_ades.packages.base import Package
from jupyter_ades.packages.contents import Budget
from jupyter_ades.packages.cwl_yaml import check_bounds, decode
from jupyter_ades.references import is_web, user_path
from jupyter_ades.s3.address import is_s3, read_address

ENTRY = "app.cwl"
_SEEN = "file:///"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A document's place."""

    #: Path without its first slash, percent-encoded: ``apps/snuggs/app.cwl``.
    path: str
    #: What stands before the path: ``https://host/`` or ``s3://bucket/``, nothing for the user
    #: folder, None when there is nothing beside the document (the body of a request).
    root: str | None = None

    @property
    def uri(self) -> str:
        """What cwltool calls the document."""
        return _SEEN + self.path

    def href(self, uri: str) -> str | None:
        """What another document or file that cwltool asks for is; None when it cannot be had."""
        if not uri.startswith(_SEEN):
            return uri
        path = uri.removeprefix(_SEEN)
        if self.root is None:
            return None
        return self.root + path if is_web(self.root) else self.root + unquote(path)


def origin_of(package: Package, policy: FetchPolicy) -> Origin:
    """Where a package stands."""
    if package.href is None:
        return Origin(path=quote(package.name or ENTRY))
    if is_web(package.href):
        parts = urlsplit(package.href)
        return Origin(
            path=parts.path.lstrip("/") or ENTRY, root=f"{parts.scheme}://{parts.netloc}/"
        )
    if is_s3(package.href):
        address = read_address(package.href)
        return Origin(path=quote(address.key), root=f"s3://{address.bucket}/")
    path = user_path(package.href, policy)
    return Origin(path=quote(str(path.relative_to(Path(policy.user_folder).resolve()))), root="")


def clean(message: str) -> str:
    """A message of cwltool's without ANSI codes and without the first part of each path."""
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", message).replace(_SEEN, "")
    above = os.path.relpath("/") + "/"
    return (plain.replace(above, "") if above.startswith("..") else plain).strip()


class PackageFetcher(DefaultFetcher):
    """Gives cwltool's loader a document, and what it names as far as the policy allows."""

    def __init__(
        self,
        text: str,
        origin: Origin,
        policy: FetchPolicy,
        budget: Budget,
        *,
        beside: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__({}, None)
        self._text = text
        self._origin = origin
        self._policy = policy
        #: What the package and all that comes along with it may have.
        self.budget = budget
        #: URIs of files that are known to stand beside the document.
        self._beside = beside
        #: The other documents that were read, by URI.
        self.others: dict[str, str] = {}
        #: Why the first document that could not be had could not: cwltool's own words hide it.
        self.refusal: AdesError | None = None

    def urljoin(self, base_url: str, url: str) -> str:
        """A link of a document as a URL; Python 3.13.0 loses the root when one leads above it."""
        return re.sub("^file:(?!//)/?", _SEEN, super().urljoin(base_url, url))

    def fetch_text(self, url: str, content_types: list[str] | None = None) -> str:
        """The text of a document, or of an included file."""
        if url == self._origin.uri:
            return self._text
        if url not in self.others:
            self.others[url] = self._fetch(url)
        return self.others[url]

    def check_exists(self, url: str) -> bool:
        """Whether a link leads somewhere; what is elsewhere is believed until it is read."""
        here = url.partition("#")[0]
        if here == self._origin.uri or here in self._beside:
            return True
        if self._origin.href(here) is None:
            self._refuse(missing(here))
            return False
        return True

    def _fetch(self, url: str) -> str:
        href = self._origin.href(url)
        if href is None:
            raise self._refuse(missing(url))
        name = clean(url)
        try:
            self.budget.add_file(name)
            data, _, _ = fetch_bytes(href, self._policy)
            self.budget.add_bytes(name, len(data))
            text = decode(data, name)
            # It may be a script that is included as text, so whether it is YAML is not said here.
            check_bounds(text, name)
        except AdesError as error:
            raise self._refuse(error) from error
        return text

    def _refuse(self, error: AdesError) -> ValidationException:
        self.refusal = self.refusal or error
        return ValidationException(error.detail)


def missing(uri: str) -> InvalidPackage:
    """The refusal of a body that names a file."""
    name = unquote(clean(uri))
    detail = (
        f"It names '{name}', which was not sent with it: deploy it by href, so that it is packed, "
        "or send one document that cwltool --pack made."
    )
    return InvalidPackage(detail, (Problem(path=name, detail=detail),))
