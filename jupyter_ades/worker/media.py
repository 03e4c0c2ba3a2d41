"""Media types and STAC roles of delivered files, by name and by what a package says of them."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from pathlib import PurePath

from jupyter_ades.model import JSON

GEOTIFF = "image/tiff; application=geotiff"
COG = "image/tiff; application=geotiff; profile=cloud-optimized"
TIFF = "image/tiff"
GEOJSON = "application/geo+json"
JSON_TYPE = "application/json"
UNKNOWN = "application/octet-stream"
#: What mimetypes does not know, or knows only where the machine's own table does.
_BY_SUFFIX = {
    ".cwl": "application/cwl+yaml",
    ".fgb": "application/flatgeobuf",
    ".geojson": GEOJSON,
    ".gpkg": "application/geopackage+sqlite3",
    ".h5": "application/x-hdf5",
    ".hdf": "application/x-hdf",
    ".ipynb": "application/x-ipynb+json",
    ".jp2": "image/jp2",
    ".jpg": "image/jpeg",
    ".json": JSON_TYPE,
    ".jsonl": "application/jsonl",
    ".laz": "application/vnd.laszip",
    ".log": "text/plain",
    ".md": "text/markdown",
    ".nc": "application/netcdf",
    ".parquet": "application/vnd.apache.parquet",
    ".tif": GEOTIFF,
    ".tiff": GEOTIFF,
    ".vrt": "application/xml",
    ".webp": "image/webp",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zarr": "application/vnd.zarr",
}
_METADATA = (JSON_TYPE, "application/x-ipynb+json", "application/xml", "application/yaml", "text/")
_PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/svg+xml")
_SMALL_PICTURES = ("preview", "quicklook", "thumb")
_IANA = "media-types/"


def media_type(name: str, file: Mapping[str, JSON] | None = None) -> str:
    """The media type of a file: as its output object says, else by its name."""
    said = _said(file or {})
    if said:
        return said
    suffix = PurePath(name).suffix.lower()
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    guessed, encoding = mimetypes.guess_type(name)
    if encoding:
        return "application/gzip" if encoding == "gzip" else UNKNOWN
    return guessed or UNKNOWN


def _said(file: Mapping[str, JSON]) -> str:
    """``type`` of a runner, or CWL's ``format`` where it is a media type or IANA's URI of one."""
    for key in ("type", "format"):
        value = file.get(key)
        if not isinstance(value, str):
            continue
        plain = value.partition(_IANA)[2] if _IANA in value else value
        if plain.count("/") == 1 and ":" not in plain:
            return plain
    return ""


def roles(name: str, kind: str) -> list[str]:
    """The STAC roles of an asset with this name and media type."""
    if kind in _PICTURES:
        small = any(word in name.lower() for word in _SMALL_PICTURES)
        return ["thumbnail" if small else "overview"]
    if kind.startswith(_METADATA) and kind != "text/csv":
        return ["metadata"]
    return ["data"]
