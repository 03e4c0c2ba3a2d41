"""The formats that values are checked for: JSON Schema's own, and OGC's bounding box. Pure."""

from __future__ import annotations

from jsonschema import Draft202012Validator, FormatChecker

from jupyter_ades.model import JSON


def is_bbox(value: JSON) -> bool:
    """Four numbers or six, and which reference system they are in (18-062r2, bbox.yaml)."""
    if not isinstance(value, dict) or not value.keys() <= {"bbox", "crs"}:
        return False
    bounds, system = value.get("bbox"), value.get("crs", "")
    return (
        isinstance(system, str)
        and isinstance(bounds, list)
        and len(bounds) in (4, 6)
        and all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in bounds)
    )


FORMATS = FormatChecker(())
FORMATS.checkers = {
    **Draft202012Validator.FORMAT_CHECKER.checkers,
    "ogc-bbox": (is_bbox, ()),
}
