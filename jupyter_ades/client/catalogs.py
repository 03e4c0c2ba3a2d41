"""Reads a job's STAC catalog by pystac, with the service's token where it is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pystac
from pystac.stac_io import DefaultStacIO

from jupyter_ades.client.errors import NoCatalog

#: Gives the text at an http(s) address.
Read = Callable[[str], str]
Stac = pystac.Catalog | pystac.Item | pystac.ItemCollection


class ServiceIO(DefaultStacIO):
    """Reads web addresses through the client, files as pystac does."""

    def __init__(self, read: Read) -> None:
        super().__init__()
        self._read_web = read

    def read_text_from_href(self, href: str) -> str:
        """The text of a file or an address."""
        if href.startswith(("http://", "https://")):
            return self._read_web(href)
        return super().read_text_from_href(href)


def open_catalog(found: str | dict[str, Any], read: Read) -> Stac:
    """The STAC object at an address, in a file, or given in the results themselves."""
    if isinstance(found, dict):
        return _of_document(found)
    if "://" in found and not found.startswith(("http://", "https://")):
        raise NoCatalog(f"The catalog is at {found}; read it with your own access to that store.")
    io = ServiceIO(read)
    try:
        return pystac.Catalog.from_file(found, stac_io=io)
    except pystac.STACTypeError:
        return _of_document(io.read_json(found))


def _of_document(document: dict[str, Any]) -> Stac:
    if document.get("type") == "FeatureCollection":
        return pystac.ItemCollection.from_dict(document)
    found = pystac.read_dict(document)
    if not isinstance(found, pystac.Catalog | pystac.Item):
        raise NoCatalog(f"The results are a STAC object of an unknown type ({type(found)}).")
    return found
