"""Whatever is sent, the answer is a document with a status that fits, and the server lives.

``ADES_FUZZ`` multiplies the number of examples, 1 in everyday runs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import notebook
from tests.restart.server import Server

BUDGET = int(os.environ.get("ADES_FUZZ", "1"))
NOTEBOOK = "application/x-ipynb+json"
CWL = "application/cwl+yaml"
PARAMETERS = 'name: str = "x"\ncount: int = 1\nitems: list[float] = []\nscene: Path | None = None'


def bounded(examples: int) -> Any:
    return settings(
        max_examples=examples * BUDGET,
        deadline=None,
        derandomize=BUDGET == 1,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(
        tmp_path_factory.mktemp("fuzz"),
        traits={"launcher_class": "jupyter_ades.testing.InlineLauncher"},
    )
    started.start()
    answer = started.send(
        "POST", "processes", data=notebook(PARAMETERS), headers={"Content-Type": NOTEBOOK}
    )
    assert answer.status_code == 201, answer.text
    yield started
    started.stop()


def check(answer: requests.Response, *allowed: int) -> None:
    """An answer is a document, a refusal is one in words, and nothing of the inside is told."""
    assert answer.status_code in allowed, (answer.status_code, answer.text[:500])
    assert "Traceback" not in answer.text
    if answer.status_code >= 400:
        document = answer.json()
        assert document["status"] == answer.status_code
        assert document["detail"]
        assert len(answer.content) < 200_000


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=30)
    | st.sampled_from(["http://127.0.0.1/", "file:///etc/passwd", "../..", "\x00", "a" * 3000]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["href", "value", "class", "id", "input", "type", "$stage-in"])
            | st.text(max_size=8),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
input_names = st.sampled_from(["name", "count", "items", "scene"]) | st.text(max_size=10)
requests_to_execute = st.fixed_dictionaries(
    {},
    optional={
        "inputs": st.dictionaries(input_names, json_values, max_size=5)
        | st.lists(json_values, max_size=3)
        | json_values,
        "outputs": json_values,
        "response": json_values,
        "mode": json_values,
        "subscriber": json_values,
    },
)
headers = st.dictionaries(
    st.sampled_from(["Prefer", "Accept", "Idempotency-Key", "If-None-Match", "Range"]),
    st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=30),
    max_size=3,
)


@bounded(120)
@given(body=requests_to_execute | json_values, extra=headers)
def test_execute_with_any_json(server: Server, body: Any, extra: dict[str, str]) -> None:
    answer = server.send("POST", "processes/small/jobs", data=json.dumps(body), headers=extra)
    check(answer, 201, 400, 422)


@bounded(80)
@given(body=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_execute_with_any_bytes(server: Server, body: bytes) -> None:
    check(server.send("POST", "processes/small/jobs", data=body), 201, 400)


segments = st.text(
    alphabet=st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=20
).filter(lambda step: step not in (".", "..")) | st.sampled_from(
    ["%00", "..%2f..", "small", "a" * 1000, "🛰", "wf-x", "x;y", "jobs", "'\"<>"]
)


@bounded(120)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]),
    path=st.lists(segments, min_size=1, max_size=4),
)
def test_any_path_and_method(server: Server, method: str, path: list[str]) -> None:
    kept = ["processes", *path] if len(path) % 2 else ["jobs", *path]
    steps = "/".join(requests.utils.quote(step, safe="") for step in kept)
    answer = server.send(method, steps, allow_redirects=False)
    if method in ("HEAD", "OPTIONS") or answer.status_code in (204, 302):
        assert answer.status_code < 500
    else:
        check(answer, 200, 400, 403, 404, 405, 415)


@bounded(60)
@given(
    query=st.dictionaries(
        st.sampled_from(["limit", "before", "status", "processID", "f"]) | st.text(max_size=5),
        st.text(max_size=15),
        max_size=4,
    )
)
def test_any_query(server: Server, query: dict[str, str]) -> None:
    check(server.send("GET", "jobs", params=query), 200, 400)


cwl_texts = st.sampled_from(
    [
        "cwlVersion: v1.2\nclass: Workflow\ninputs: {}\noutputs: {}\nsteps: {}\n",
        "cwlVersion: v9\nclass: Workflow\n",
        "!!python/object/apply:os.system ['true']",
        "a: &a [1]\nb: &b [*a,*a]\nc: [*b,*b]",
        "cwlVersion: v1.2\n$graph: []\n",
        "\x00",
        "- " * 200,
    ]
) | st.text(max_size=60)
cells = st.lists(
    st.fixed_dictionaries(
        {"cell_type": st.sampled_from(["code", "markdown", "x"]), "source": st.text(max_size=40)},
        optional={"metadata": json_values, "outputs": json_values},
    ),
    max_size=3,
)
notebooks = st.fixed_dictionaries(
    {"nbformat": st.sampled_from([4, 3, "4", None]), "cells": cells | json_values},
    optional={"metadata": json_values, "nbformat_minor": json_values},
)


@bounded(8)
@given(text=cwl_texts)
def test_deploy_of_any_cwl(server: Server, text: str) -> None:
    answer = server.send("POST", "processes", data=text.encode(), headers={"Content-Type": CWL})
    check(answer, 201, 400, 409)


@bounded(10)
@given(document=notebooks)
def test_deploy_of_any_notebook(server: Server, document: Any) -> None:
    answer = server.send(
        "POST", "processes", data=json.dumps(document), headers={"Content-Type": NOTEBOOK}
    )
    check(answer, 201, 400, 409)


@bounded(40)
@given(body=json_values, kind=st.sampled_from(["application/json", "text/plain", "a/b", ""]))
def test_deploy_of_any_json(server: Server, body: Any, kind: str) -> None:
    answer = server.send("POST", "processes", data=json.dumps(body), headers={"Content-Type": kind})
    check(answer, 201, 400, 415)


def test_the_server_still_works_after_all_that(server: Server) -> None:
    headers = {"Content-Type": NOTEBOOK}
    # A DELETE of the fuzz may have undeployed it.
    deployed = server.send("POST", "processes", data=notebook(PARAMETERS), headers=headers)
    assert deployed.status_code in (201, 409)
    answer = server.send("POST", "processes/small/jobs", json={"inputs": {"count": 3}})
    assert answer.status_code == 201
    listed = server.send("GET", "jobs", params={"limit": 10_000}).json()
    assert listed["numberTotal"] == len(listed["jobs"])
    assert server.send("GET", "health").json()["status"] == "ok"
