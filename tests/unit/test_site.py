"""Which scheme and host absolute links have."""

from __future__ import annotations

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from jupyter_ades.api.site import origin_of


@pytest.mark.parametrize(
    ("headers", "trusting", "expected"),
    [
        ({}, True, "http://inner:8888"),
        ({"X-Forwarded-Proto": "https"}, True, "https://inner:8888"),
        ({"X-Forwarded-Proto": "https,http"}, True, "https://inner:8888"),
        ({"X-Forwarded-Proto": "https, http", "X-Forwarded-Host": "hub.example"}, True,
         "https://hub.example"),
        ({"X-Forwarded-Host": "hub.example:8443, inner"}, True, "http://hub.example:8443"),
        ({"X-Forwarded-Host": "[::1]:8443"}, True, "http://[::1]:8443"),
        ({"X-Scheme": "https", "X-Forwarded-Proto": "http"}, True, "https://inner:8888"),
        ({"X-Forwarded-Proto": "gopher", "X-Forwarded-Host": "a/b?c"}, True, "http://inner:8888"),
        ({"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}, False,
         "http://inner:8888"),
    ],
)  # fmt: skip
def test_what_proxies_say_is_believed_when_they_are_trusted(
    headers: dict[str, str], trusting: bool, expected: str
) -> None:
    given = HTTPHeaders({"Host": "inner:8888", **headers})
    start = RequestStartLine("GET", "/", "HTTP/1.1")
    request = HTTPServerRequest(start_line=start, headers=given)
    assert origin_of(request, trusting=trusting) == expected
