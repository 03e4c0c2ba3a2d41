"""Each resource as a page for people: nothing from elsewhere, nothing that is not escaped."""

from __future__ import annotations

import re

from tests.conformance.conftest import Api


def page(ogc: Api, path: str) -> str:
    answer = ogc.send("GET", path, headers={"Accept": "text/html,*/*;q=0.5"})
    assert answer.status_code == 200, (path, answer.text)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = answer.headers["Content-Security-Policy"]
    (nonce,) = re.findall(r"; script-src 'nonce-([\w-]{20,})';", policy)
    assert policy.startswith("default-src 'none';")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    # Each script is named by us, and no other is let in: not one that a job left on this server.
    tags = re.findall(r"<script[^>]*>", answer.text)
    assert tags
    assert all(tag.startswith(f'<script nonce="{nonce}" src="/') for tag in tags)
    assert "http" not in answer.text.replace(ogc.server.origin, "").replace(
        "http://www.opengis.net", ""
    )
    return str(answer.text.replace(nonce, "NONCE"))


def test_every_resource_is_a_page_too(ogc: Api) -> None:
    job_id = ogc.done({"echo": "<b>bold</b>"})
    job = f"/jobs/{job_id}"
    assert "Processes of workspace terradue" in page(ogc, "")
    assert "Echo" in page(ogc, "/processes")
    form = page(ogc, "/processes/echo")
    assert 'name="echo"' in form
    assert '<option value="&#34;green&#34;">green</option>' in form
    assert job_id[:8] in page(ogc, "/jobs")
    assert "successful" in page(ogc, job)
    results = page(ogc, f"{job}/results")
    assert "&lt;b&gt;bold&lt;/b&gt;" in results
    assert "<b>bold" not in results
    for path in ("/conformance", "/health", "/api", f"{job}/request", f"{job}/statistics"):
        page(ogc, path)
    assert page(ogc, "/jobs?f=html") == page(ogc, "/jobs?f=html")
