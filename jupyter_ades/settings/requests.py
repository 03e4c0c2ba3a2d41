"""Traits that bound what one request may bring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traitlets import HasTraits, Int, validate

from jupyter_ades.settings.bounds import at_least_one


class RequestTraits(HasTraits):
    """Bytes, depth and counts of what is sent."""

    max_body_bytes = Int(
        10 * 2**20, help="Bytes that the JSON of one request may have. Default: 10 MiB."
    ).tag(config=True)
    max_package_bytes = Int(
        100 * 2**20,
        help="Bytes that one application package may have, in a request or at an href."
        " Default: 100 MiB.",
    ).tag(config=True)
    max_json_depth = Int(
        64, help="Levels of arrays and objects that the JSON of one request may have. Default: 64."
    ).tag(config=True)
    max_inputs = Int(1_000, help="Inputs that one execute request may name. Default: 1000.").tag(
        config=True
    )
    max_array_length = Int(
        10_000, help="Items that one array in an execute request may have. Default: 10000."
    ).tag(config=True)

    @validate(
        "max_body_bytes",
        "max_package_bytes",
        "max_json_depth",
        "max_inputs",
        "max_array_length",
    )
    def _validate_sizes(self, proposal: Mapping[str, Any]) -> int:
        return at_least_one(proposal)
