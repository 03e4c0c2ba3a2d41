"""Secret values stand in no document and in no message that is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from jupyter_ades.core.inputs import check
from jupyter_ades.core.limits import Limits
from jupyter_ades.core.linked import resolve
from jupyter_ades.core.provenance import prov_json
from jupyter_ades.errors import InvalidInputs
from jupyter_ades.model import JSON, REFERENCE, ExecuteRequest, FetchPolicy, Input, Job, Process
from jupyter_ades.packages.schemas import reference

SECRET = "hunter2-secret"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = FetchPolicy(user_folder="/nowhere")


def process(schema: JSON) -> Process:
    return Process(id="p", inputs=(Input(id="key", schema={**schema, "writeOnly": True}),))


def entities(inputs: dict[str, JSON], of: Process) -> dict[str, Any]:
    request = ExecuteRequest(inputs=inputs)
    job = Job(id="1", process_id="p", process=of, request=request, created=NOW, updated=NOW)
    found: dict[str, Any] = prov_json(replace(job, started=NOW), None, str)["entity"]
    return found


def test_the_provenance_has_no_secret() -> None:
    found = entities({"key": SECRET, "api_token": SECRET, "n": 3}, process({"type": "string"}))
    assert SECRET not in str(found)
    assert found["ades:input-key"]["prov:value"] == "***"
    assert found["ades:input-api_token"]["prov:value"] == "***"
    assert found["ades:input-n"]["prov:value"] == "3"


def test_the_provenance_has_no_signature_of_an_address() -> None:
    signed = f"https://u:{SECRET}@h/scene.tif?X-Signature={SECRET}"
    given: dict[str, JSON] = {
        "scene": {REFERENCE: "file", "href": signed},
        "text": f"see {signed}",
        "record": {"password": SECRET, "n": 1},
        "keys": {REFERENCE: "file", "href": signed},
    }
    of = process({})
    of = replace(of, inputs=(*of.inputs, Input(id="keys", schema={"writeOnly": True})))
    found = entities(given, of)
    assert SECRET not in str(found)
    assert found["ades:input-scene"]["prov:location"] == "https://h/scene.tif?..."
    assert found["ades:input-text"]["prov:value"] == "see https://h/scene.tif?..."
    assert found["ades:input-record"]["prov:value"] == '{"password": "***", "n": 1}'
    assert found["ades:input-keys"]["prov:value"] == "***"


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer"}, SECRET),
        ({"type": "string", "enum": ["a"]}, SECRET),
        ({"type": "array", "items": {"type": "integer"}}, [1, SECRET]),
        ({"type": "object", "additionalProperties": False}, {SECRET: 1}),
        (reference("file"), f"/{SECRET}"),
        (reference("file"), f"http://127.0.0.1/{SECRET}"),
        (reference("file"), 5),
    ],
)
def test_a_message_of_a_secret_does_not_quote_it(schema: JSON, value: JSON) -> None:
    with pytest.raises(InvalidInputs) as refused:
        check(process(schema), {"key": value}, POLICY)
    assert SECRET not in refused.value.detail
    assert [each.path for each in refused.value.problems] == ["inputs.key"]
    assert "which is secret, cannot be taken" in refused.value.problems[0].detail


def test_a_message_of_a_secret_link_does_not_quote_it() -> None:
    sent = {"key": {"href": f"http://127.0.0.1/{SECRET}"}}
    with pytest.raises(InvalidInputs) as refused:
        resolve(process({"type": "string"}), sent, POLICY, Limits())
    assert SECRET not in refused.value.detail
    assert [each.path for each in refused.value.problems] == ["inputs.key"]
