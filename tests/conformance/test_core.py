"""Landing page, conformance, processes: one suite over both dialects."""

from __future__ import annotations

import pytest

from tests.conformance.conftest import DATA, Api, check, problem

CONF = "http://www.opengis.net/spec/ogcapi-processes-"
ECHO = ["echo", "pause", "values", "bbox", "doc", "number", "flag", "moment", "colour"]


def rels(document: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {link["rel"].rpartition("/")[2]: link["href"] for link in document["links"]}


def test_the_landing_page_links_what_there_is(api: Api) -> None:
    document = api.get()
    check(document, "part1-1.0/landingPage", "part1-2.0-draft/landingPage")
    found = rels(document)
    assert found["processes"] == f"{api.base}/processes"
    assert found["job-list"] == f"{api.base}/jobs"
    assert found["service-desc"] == f"{api.base}/api"
    assert found["conformance"] == f"{api.base}/conformance"


def test_every_link_of_the_landing_page_answers(ogc: Api) -> None:
    for link in ogc.get()["links"]:
        answer = ogc.send("GET", link["href"], headers={"Accept": link["type"].partition(";")[0]})
        assert answer.status_code in (200, 406), link
        assert link["type"].startswith("application/vnd.oai") or answer.status_code == 200


def test_conformance_names_the_classes(api: Api) -> None:
    document = api.get("/conformance")
    check(document, "part1-1.0/confClasses", "part1-2.0-draft/confClasses")
    classes = set(document["conformsTo"])
    core = {"core", "json", "job-list", "dismiss"}
    more = {"ogc-process-description", "html", "oas30", "callback"}
    expected = core | more if api.dialect == "ogc-api" else core
    assert {f"{CONF}1/1.0/conf/{name}" for name in expected} <= classes
    assert f"{CONF}2/1.0/conf/deploy-replace-undeploy" in classes


def test_requests_are_http_1_1(api: Api) -> None:
    answer = api.send("GET")
    assert answer.raw.version == 11
    assert api.send("TRACE", "/processes").status_code == 405
    assert api.send("DELETE", "/conformance").status_code == 405


def test_a_trailing_slash_is_as_good_as_none(api: Api) -> None:
    assert api.get("/processes/")["processes"] == api.get("/processes")["processes"]


def test_the_process_list(api: Api) -> None:
    document = api.get("/processes")
    check(document, "part1-1.0/processList", "part1-2.0-draft/processList")
    assert [each["id"] for each in document["processes"]] == ["echo", "small-0_1_0"]
    assert document["numberTotal"] == 2
    for each in document["processes"]:
        found = rels(each)
        assert found["self"] == f"{api.base}/processes/{each['id']}"
        assert found["execute"] == f"{api.base}/processes/{each['id']}/execution"


def test_the_process_list_in_pages(api: Api) -> None:
    first = api.get("/processes?limit=1")
    assert [each["id"] for each in first["processes"]] == ["echo"]
    assert "prev" not in rels(first)
    following = rels(first)["next"].removeprefix(api.base)
    second = api.get(following)
    assert [each["id"] for each in second["processes"]] == ["small-0_1_0"]
    assert "next" not in rels(second)
    back = api.get(rels(second)["prev"].removeprefix(api.base))
    assert back["processes"] == first["processes"]


@pytest.mark.parametrize("limit", ["0", "-1", "10001", "ten", "", "1e3"])
def test_a_limit_out_of_bounds_is_refused(api: Api, limit: str) -> None:
    for path in ("/processes", "/jobs"):
        answer = api.send("GET", f"{path}?limit={limit}")
        detail = problem(answer, 400, "invalid-query-parameter-value")
        assert "limit: a whole number from 1 to 10000" in detail


def test_a_process_description(ogc: Api) -> None:
    document = ogc.get("/processes/echo")
    check(document, "part1-1.0/process", "part1-2.0-draft/process")
    assert list(document["inputs"]) == ECHO
    assert document["inputs"]["echo"]["minOccurs"] == 1
    assert document["inputs"]["pause"]["schema"] == {"type": "number", "minimum": 0, "default": 0}
    assert document["inputs"]["doc"]["schema"]["oneOf"][0]["contentMediaType"] == "application/json"
    assert document["jobControlOptions"] == ["sync-execute", "async-execute", "dismiss"]
    assert document["mutable"] is False


def test_echo_is_what_the_published_suite_can_drive(ogc: Api) -> None:
    import json

    wanted = json.loads((DATA / "echo-process.json").read_text())
    found = ogc.get("/processes/echo")
    for part in ("inputs", "outputs"):
        for name, said in wanted[part].items():
            assert found[part][name]["schema"] == said["schema"], name
            assert found[part][name].get("minOccurs") == said.get("minOccurs")
    names = list(found["inputs"])
    assert names[0] == "echo"
    assert (
        found["inputs"]["echo"]["schema"]
        == found["outputs"]["echo"]["schema"]
        == {"type": "string"}
    )
    # It would send "teststring" to every other input of that type.
    assert [n for n in names if found["inputs"][n]["schema"].get("type") == "string"] == ["echo"]


def test_an_optional_value_is_nullable_and_no_keyword_of_ours_is_shown(ogc: Api) -> None:
    document = ogc.get("/processes/small")
    assert document["id"] == "small-0_1_0"
    check(document, "part1-1.0/process")
    assert document["inputs"]["count"]["schema"] == {
        "type": "integer",
        "nullable": True,
        "default": None,
    }
    assert "x-stage-in" not in str(document)


def test_wps3_describes_one_output(api: Api) -> None:
    """Declared difference: wps3's one output is the catalog, ogc-api's are the package's own."""
    outputs = list(api.get("/processes/small")["outputs"])
    assert outputs == (["wf_outputs"] if api.dialect == "wps3" else ["notebook", "results"])


def test_an_unknown_process(api: Api) -> None:
    for answer in (
        api.send("GET", "/processes/nothing"),
        api.send("POST", "/processes/nothing/execution", json={"inputs": {}}),
        api.send("GET", "/processes/nothing/package"),
    ):
        assert "nothing" in problem(answer, 404, "no-such-process")


def test_a_description_has_a_profile(ogc: Api) -> None:
    profile = "http://www.opengis.net/def/profile/OGC/0/ogc-process-description"
    answer = ogc.send("GET", f"/processes/echo?profile={profile}")
    assert answer.status_code == 200
    assert f'<{profile}>; rel="profile"' in answer.headers["Link"]
    problem(ogc.send("GET", "/processes/echo?profile=x"), 400, "invalid-query-parameter-value")


def test_links_are_absolute_and_locations_have_no_query(ogc: Api) -> None:
    for path in ("", "/processes", "/processes/echo", "/jobs"):
        for link in ogc.get(path)["links"]:
            assert link["href"].startswith(ogc.root), link
    answer = ogc.send(
        "POST",
        "/processes/echo/execution?f=json",
        json={"inputs": {"echo": "x"}},
        headers={"Prefer": "respond-async"},
    )
    assert answer.headers["Location"] == f"{ogc.root}/jobs/{answer.json()['jobID']}"


def test_without_a_token_nothing_is_told(api: Api) -> None:
    for path in ("", "/processes", "/processes/nothing", "/jobs?limit=0", "/jobs/x"):
        answer = api.send("GET", path, headers={"Authorization": ""})
        assert answer.status_code == 403, path
        assert "echo" not in answer.text


def test_a_browser_without_a_token_is_sent_to_login(ogc: Api) -> None:
    headers = {"Authorization": "", "Accept": "text/html"}
    answer = ogc.send("GET", "/processes", headers=headers, allow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login?next=")
