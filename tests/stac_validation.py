"""STAC validation without the network: the extension schemas that results use are kept here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pystac
from pystac.validation import RegisteredValidator

SCHEMAS = Path(__file__).parent / "data" / "stac-schemas"


@cache
def know_schemas() -> None:
    """Fill the validator's cache; STAC's core schemas are inside pystac."""
    cache = RegisteredValidator.get_validator().schema_cache
    for path in SCHEMAS.rglob("*.json"):
        schema = json.loads(path.read_text())
        cache[schema["$id"].removesuffix("#")] = schema


def read_valid_catalog(path: Path) -> pystac.Catalog:
    """A catalog that is valid, self-contained and whole: every href leads to a file of its own."""
    know_schemas()
    catalog = pystac.Catalog.from_file(str(path))
    catalog.validate_all()
    for document in [path, *(Path(item.self_href) for item in catalog.get_items())]:
        for href in local_hrefs(document):
            target = (document.parent / href).resolve()
            assert target.is_file(), f"{document.name} names {href}"
            assert target.is_relative_to(path.parent.resolve())
    assert catalog.catalog_type == pystac.CatalogType.SELF_CONTAINED
    return catalog


def local_hrefs(document: Path) -> Iterator[str]:
    """The hrefs of a STAC document that are not on the web; each must be relative."""
    data = json.loads(document.read_text())
    assert data["stac_version"] == "1.1.0"
    for place in [*data["links"], *data.get("assets", {}).values()]:
        if "://" not in place["href"]:
            assert place["href"].startswith("."), place
            yield place["href"]
