"""Outputs that notebooks give by name: plain Python, the helper, R and bash, with real kernels."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_ades.model import JobStatus
from tests.worker.kernels import attempt, book, run
from tests.worker.support import Bench

PLAIN = """
import json, pathlib
pathlib.Path("map.csv").write_text("1,2")
given = {"mean": share / 4, "map": {"class": "File", "path": "map.csv"}}
json.dump(given, open("ades-outputs.json", "w"))
"""
HELPER = """
from pathlib import Path
from jupyter_ades import give_outputs
Path("map.csv").write_text("1,2")
give_outputs(mean=share / 4, map=Path("map.csv"))
"""
IN_R = """
writeLines("1,2", "map.csv", sep = "")
cat(sprintf('{"mean": %s, "map": {"class": "File", "path": "map.csv"}}', share / 4),
    file = "ades-outputs.json")
"""
IN_BASH = """
printf '1,2' > map.csv
echo '{"mean": 0.5, "map": {"class": "File", "path": "map.csv"}}' > ades-outputs.json
"""
DECLARED = {"mean": "number", "map": {"type": "File", "mediaType": "text/csv"}}


def declaring(data: bytes, declared: dict[str, Any]) -> bytes:
    document = json.loads(data)
    document["metadata"]["ades"] = {"outputs": declared}
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("kernel", "parameters", "source"),
    [
        ("python3", "share = 2.0", PLAIN),
        ("python3", "share = 2.0", HELPER),
        ("ir", "share <- 2", IN_R),
        ("bash", "share=2.0", IN_BASH),
    ],
)
def test_outputs_are_given_by_name(bench: Bench, kernel: str, parameters: str, source: str) -> None:
    data = declaring(book(kernel, parameters, source), DECLARED)
    running = run(bench, kernel, data, {"share": 2.0}, stand_in=False)
    results = running.results()
    assert results.outputs["mean"] == 0.5
    link = results.outputs["map"]
    assert link["type"] == "text/csv"
    assert running.delivered(link["href"].partition("/")[2]).read_text() == "1,2"
    assert results.objects["map"]["class"] == "File"
    # The file that names them is no result of its own; the map is delivered once.
    assert [each["href"] for each in results.outputs["results"]] == [link["href"]]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("1 + 1", "declares an output 'mean' and did not give it"),
        ("open('ades-outputs.json', 'w').write('{')", "ades-outputs.json is not JSON"),
        (HELPER.replace("share / 4", "'high'"), "output 'mean' is not as it is declared: 'high'"),
    ],
)
def test_a_job_that_does_not_give_what_it_declares_fails(
    bench: Bench, source: str, said: str
) -> None:
    data = declaring(book("python3", "share = 2.0", source), DECLARED)
    running = attempt(bench, "python3", data, {}, stand_in=False)
    assert running.said[-1].status is JobStatus.FAILED
    assert said in running.said[-1].message
    assert running.delivered("a.ipynb").is_file()
