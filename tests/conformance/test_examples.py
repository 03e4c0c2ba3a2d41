"""OGC's own example payloads are taken as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.conftest import DATA, Api
from tests.conftest import notebook

EXAMPLES = DATA / "examples" / "part1-2.0-draft"
#: The inputs of OGC's example process, as a notebook's parameters.
PARAMETERS = """
stringInput: str
measureInput: dict
dateInput: str
doubleInput: float
arrayInput: list[int]
complexObjectInput: dict
geometryInput: list
boundingBoxInput: dict
imagesInput: list[Path]
featureCollectionInput: str
"""


@pytest.fixture
def example(ogc: Api) -> Iterator[str]:
    headers = {"Content-Type": "application/x-ipynb+json"}
    sent = notebook(PARAMETERS.strip(), id="ogc-example", version="")
    answer = ogc.send("POST", "/processes", data=sent, headers=headers)
    assert answer.status_code == 201, answer.text
    yield answer.json()["id"]
    ogc.send("DELETE", f"/processes/{answer.json()['id']}")


def test_the_execute_example_round_trips(ogc: Api, example: str) -> None:
    """Each input comes back as it was sent, a qualified one as its value."""
    sent: dict[str, Any] = json.loads((EXAMPLES / "Execute.json").read_text())["inputs"]
    # Upstream shortened the picture with dots, which are no base64.
    sent["imagesInput"][1]["value"] = "iVBORw0KGgo="
    path = f"/processes/{example}/execution?dryrun=true"
    answer = ogc.send("POST", path, json={"inputs": sent})
    assert answer.status_code == 200, answer.text
    found = answer.json()["inputs"]
    assert found["stringInput"] == sent["stringInput"]
    assert found["measureInput"] == sent["measureInput"]["value"]
    assert found["arrayInput"] == sent["arrayInput"]
    assert found["boundingBoxInput"] == sent["boundingBoxInput"]
    assert found["geometryInput"] == [each["value"] for each in sent["geometryInput"]]
    linked, inline = found["imagesInput"]
    assert linked == sent["imagesInput"][0]
    assert (inline["contents"], inline["encoding"]) == ("iVBORw0KGgo=", "base64")
    assert found["featureCollectionInput"] == sent["featureCollectionInput"]["value"]
