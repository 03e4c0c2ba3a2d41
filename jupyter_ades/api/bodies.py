"""Reads a request's JSON within bounds: size, depth, one value per key."""

from __future__ import annotations

import json
from collections.abc import Iterable

import msgspec

from jupyter_ades.errors import InvalidRequest, TooLarge
from jupyter_ades.model import JSON


def check_size(body: bytes, most: int, trait: str) -> None:
    """TooLarge when a body has more bytes than it may."""
    if len(body) > most:
        raise TooLarge(f"The request body has {len(body)} bytes, the most is {most} ({trait}).")


def read_json(body: bytes, *, depth: int = 64) -> JSON:
    """The JSON of a request; InvalidRequest with the place of the first fault."""
    if not body.strip():
        raise InvalidRequest("The request has no body; a JSON object is expected.")
    try:
        value = msgspec.json.decode(body)
    except RecursionError:
        raise _too_deep(depth) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"The request body is not valid JSON: {error}.") from None
    _check_depth(value, depth)
    # msgspec takes the last of two values for one key; a client that sends two means something
    # that we cannot know.
    json.loads(body, object_pairs_hook=_each_key_once)
    return value


def _check_depth(value: JSON, most: int) -> None:
    """By level, not by recursion, which the depth itself could exhaust."""
    level, depth = [value], 0
    while level := [item for each in level for item in _items(each)]:
        depth += 1
        if depth > most:
            raise _too_deep(most)


def _items(value: JSON) -> Iterable[JSON]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _too_deep(most: int) -> InvalidRequest:
    return InvalidRequest(
        f"The request body is nested too deeply: more than {most} levels (c.ADES.max_json_depth)."
    )


def _each_key_once(pairs: Iterable[tuple[str, JSON]]) -> dict[str, JSON]:
    found: dict[str, JSON] = {}
    for key, value in pairs:
        if key in found:
            raise InvalidRequest(
                f"The key {key[:100]!r} stands twice in one object of the request."
            )
        found[key] = value
    return found
