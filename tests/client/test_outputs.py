"""Results in every shape, and the STAC catalog in them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_ades.client.outputs import find_catalog, read_answer, read_outputs
from jupyter_ades.client.steps import Reply

URI = "https://host/wf-1/catalog.json"
CATALOG = {"StacCatalogUri": URI}
LINK = {"href": "https://host/o.tif", "type": "image/tiff"}
ITEM = {"type": "Feature", "stac_version": "1.0.0", "id": "i", "links": [], "assets": {}}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(
            {"outputs": [{"id": "wf_outputs", "value": {"inlineValue": json.dumps(CATALOG)}}]},
            {"wf_outputs": CATALOG},
            id="A",
        ),
        pytest.param({"wf_outputs": {"value": CATALOG}}, {"wf_outputs": CATALOG}, id="B"),
        pytest.param(CATALOG, {"wf_outputs": CATALOG}, id="C"),
        pytest.param({"a": 1, "b": {"value": [1]}}, {"a": 1, "b": [1]}, id="OGC document"),
        pytest.param({"o": LINK}, {"o": LINK}, id="OGC link"),
        pytest.param(
            {"o": {"value": 3, "mediaType": "application/json"}}, {"o": 3}, id="qualified"
        ),
        pytest.param({"o": [{"value": 1}, LINK]}, {"o": [1, LINK]}, id="array"),
        pytest.param({"id": "echo", "value": "Hello"}, {"echo": "Hello"}, id="pygeoapi"),
        pytest.param(
            {"outputs": [{"id": "o", "href": "x"}, {"id": "o", "href": "y"}]},
            {"o": [{"href": "x"}, {"href": "y"}]},
            id="Weaver's list, an id twice",
        ),
        pytest.param(
            [{"id": "n", "data": 5}, {"value": 6}], {"n": 5, "result_2": 6}, id="bare list"
        ),
        pytest.param({"outputs": {"o": {"value": 1}}}, {"o": 1}, id="map in a frame"),
        pytest.param({"outputs": {"value": 1}, "other": 2}, {"outputs": 1, "other": 2}, id="named"),
        pytest.param(ITEM, {"result": ITEM}, id="raw STAC"),
        pytest.param({"o": {"value": {"value": 4}}}, {"o": 4}, id="twice wrapped"),
        pytest.param({"o": {"value": 3, "more": 4}}, {"o": {"value": 3, "more": 4}}, id="object"),
        pytest.param(None, {}, id="nothing"),
        pytest.param(7, {"result": 7}, id="raw number"),
    ],
)
def test_outputs_are_a_map_whatever_the_shape(document: Any, expected: dict[str, Any]) -> None:
    assert read_outputs(document) == expected


def test_an_answer_that_is_no_json() -> None:
    text = Reply(status=200, headers={"content-type": "text/plain"}, content=b"hello")
    tiff = Reply(status=200, headers={"content-type": "image/tiff"}, content=b"II*\x00")
    assert read_answer(text) == {"result": "hello"}
    assert read_answer(tiff) == {"result": b"II*\x00"}
    assert read_answer(Reply(status=204)) == {}


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ({"wf_outputs": CATALOG}, URI),
        ({"o": {"href": "/x/catalog.json"}}, "/x/catalog.json"),
        ({"o": [LINK, {"href": "https://h/collection.json?x=1"}]}, "https://h/collection.json?x=1"),
        (
            {"o": {"href": "https://h/1", "type": "application/json; profile=stac"}},
            "https://h/1",
        ),
        ({"o": ITEM}, ITEM),
        (
            {"o": {"type": "FeatureCollection", "features": [ITEM]}},
            {"type": "FeatureCollection", "features": [ITEM]},
        ),
        ({"o": {"type": "FeatureCollection", "features": []}}, None),
        ({"o": LINK, "n": 3}, None),
        ({}, None),
    ],
)
def test_the_catalog_is_found(outputs: dict[str, Any], expected: Any) -> None:
    assert find_catalog(outputs) == expected
