"""The process that conformance suites drive: gives back what it is given."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Annotated, Any, Literal, TypedDict, cast

BBOX = {"allOf": [{"format": "ogc-bbox"}]}
#: JSON or XML, as text: which one, a qualified value says.
DOC = {
    "oneOf": [
        {"type": "string", "contentMediaType": "application/json"},
        {"type": "string", "contentMediaType": "application/xml"},
    ]
}
# Suites send "teststring" to every input of type string: these two say their type in a branch.
MOMENT = {"allOf": [{"type": "string", "format": "date-time"}]}
COLOUR = {"enum": ["red", "green", "blue"]}


class Echoes(TypedDict, total=False):
    """Each input that was given, under its own name."""

    echo: str
    values: list[int]
    bbox: Annotated[dict[str, object], BBOX]
    doc: Annotated[object, DOC]
    number: float
    flag: bool
    moment: Annotated[datetime, MOMENT]
    colour: Annotated[Literal["red", "green", "blue"], COLOUR]


def echo(
    echo: str,
    pause: Annotated[float, {"minimum": 0}] = 0,
    values: list[int] | None = None,
    bbox: Annotated[dict[str, object], BBOX] | None = None,
    doc: Annotated[object, DOC] | None = None,
    number: float | None = None,
    flag: bool | None = None,
    moment: Annotated[datetime, MOMENT] | None = None,
    colour: Annotated[Literal["red", "green", "blue"], COLOUR] | None = None,
) -> Echoes:
    """Echo

    Returns every supplied input under the output of the same name; sleeps `pause` seconds.

    Args:
        echo: A plain string.
        pause: Seconds to sleep before answering.
        values: Whole numbers.
        bbox: A bounding box.
        doc: A document of one of two media types.
        number: A number.
        flag: True or false.
        moment: A date and time.
        colour: One of three colours.
    """
    given: dict[str, Any] = {
        "echo": echo,
        "values": values,
        "bbox": bbox,
        "doc": doc,
        "number": number,
        "flag": flag,
        "moment": moment,
        "colour": colour,
    }
    time.sleep(pause)
    return cast("Echoes", {name: each for name, each in given.items() if each is not None})
