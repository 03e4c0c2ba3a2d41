"""Fetching over loopback from a server that misbehaves as it is told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades import connections, fetch
from jupyter_ades.errors import RefusedReference, UnreachableReference
from jupyter_ades.fetch import fetch_bytes
from jupyter_ades.model import FetchPolicy
from tests.worker.faulty_server import Answer, Site, serving

BODY = bytes(range(256)) * 4096


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "FIRST_WAIT", 0.001)
    monkeypatch.setattr(fetch, "LONGEST_WAIT", 0.002)


@pytest.fixture
def policy(tmp_path: Path, site: Site) -> FetchPolicy:
    folder = tmp_path / "home"
    folder.mkdir()
    return FetchPolicy(
        user_folder=str(folder),
        allow_hosts=(f"127.0.0.1:{site.port}",),
        timeout=5,
        max_bytes=2 * len(BODY),
        attempts=3,
    )


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "inputs"
    folder.mkdir()
    return folder / "B04.tif"


def test_a_body_is_streamed_to_its_file(site: Site, policy: FetchPolicy, target: Path) -> None:
    url = site.put("/B04.tif", Answer(body=BODY, headers={"Content-Type": "Image/Tiff; a=b"}))
    fetched = fetch.fetch(url, target, policy)
    assert target.read_bytes() == BODY
    assert (fetched.path, fetched.size, fetched.url) == (target, len(BODY), url)
    assert fetched.media_type == "image/tiff"
    assert site.asked[0][1]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "fault",
    [
        Answer(status=503, body=b"later"),
        Answer(status=500),
        Answer(status=408),
        Answer(status=425),
        Answer(status=429, headers={"Retry-After": "3600"}),
        Answer(status=503, headers={"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}),
        Answer(status=503, headers={"Retry-After": "soon"}),
        Answer(body=BODY[:1000], length=len(BODY)),
        Answer(body=BODY[:100_000], length=len(BODY), reset=True),
        Answer(body=b"", length=10, reset=True),
    ],
    ids=lambda answer: f"{answer.status}-{len(answer.body)}-{answer.headers.get('Retry-After')}",
)
def test_what_passes_is_tried_again(
    site: Site, policy: FetchPolicy, target: Path, fault: Answer
) -> None:
    url = site.put("/x", fault, fault, Answer(body=BODY))
    assert fetch.fetch(url, target, policy).size == len(BODY)
    assert target.read_bytes() == BODY
    assert site.times("/x") == 3


def test_what_changes_between_two_requests_is_never_mixed(
    site: Site, policy: FetchPolicy, target: Path
) -> None:
    before, after = b"a" * len(BODY), b"b" * (len(BODY) // 2)
    url = site.put("/x", Answer(body=before[:1000], length=len(before)), Answer(body=after))
    assert fetch.fetch(url, target, policy).size == len(after)
    assert target.read_bytes() == after
    # One request for each attempt: nothing is believed that an earlier one, such as a HEAD, said.
    assert site.times("/x") == 2


def test_what_does_not_pass_is_an_error_that_counts_the_attempts(
    site: Site, policy: FetchPolicy, target: Path
) -> None:
    url = site.put("/x", Answer(status=503))
    with pytest.raises(UnreachableReference) as caught:
        fetch.fetch(url, target, policy)
    assert caught.value.detail == (
        f"{url} could not be read: the server answered 503 (Service Unavailable) (3 attempts)."
    )
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 299, 304])
def test_other_answers_are_final(
    site: Site, policy: FetchPolicy, target: Path, status: int
) -> None:
    url = site.put("/x", Answer(status=status))
    with pytest.raises(UnreachableReference, match=rf"answered {status}.*1 attempt"):
        fetch.fetch(url + "?sig=secret", target, policy)
    assert site.times("/x?sig=secret") == 1
    assert list(target.parent.iterdir()) == []
    site.put("/x", Answer(status=503), Answer(status=status))
    with pytest.raises(UnreachableReference, match=rf"answered {status}.*2 attempts"):
        fetch.fetch(url, target, policy)


def test_a_silent_server_is_given_up(site: Site, policy: FetchPolicy, target: Path) -> None:
    never = threading.Event()
    url = site.put("/x", Answer(body=b"x", wait=never))
    quick = FetchPolicy(
        user_folder=policy.user_folder, allow_hosts=policy.allow_hosts, timeout=0.1, attempts=2
    )
    with pytest.raises(UnreachableReference, match=r"timed out.*2 attempts"):
        fetch.fetch(url, target, quick)
    never.set()


def test_nothing_that_listens_is_an_error_in_words(policy: FetchPolicy, target: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    open_policy = FetchPolicy(
        user_folder=policy.user_folder, allow_hosts=("127.0.0.1",), attempts=2
    )
    with pytest.raises(UnreachableReference) as caught:
        fetch.fetch(f"http://127.0.0.1:{port}/x", target, open_policy)
    assert "refused (2 attempts)" in caught.value.detail
    assert "HTTPConnection" not in caught.value.detail


@pytest.mark.parametrize("length", [None, -1])
def test_too_large_is_refused_by_its_length_and_while_it_comes(
    site: Site, policy: FetchPolicy, target: Path, length: int | None
) -> None:
    url = site.put("/x", Answer(body=BODY * 3, length=length))
    with pytest.raises(RefusedReference, match=f"larger than the {policy.max_bytes} bytes"):
        fetch.fetch(url, target, policy)
    assert site.times("/x") == 1
    assert list(target.parent.iterdir()) == []


def test_a_small_document_has_a_limit_of_its_own(site: Site, policy: FetchPolicy) -> None:
    url = site.put("/item", Answer(body=b"{}", headers={"Content-Type": "application/json"}))
    assert fetch_bytes(url, policy) == (b"{}", "application/json", url)
    with pytest.raises(RefusedReference, match="larger than the 1 bytes"):
        fetch_bytes(url, policy, limit=1)


def test_redirects_are_followed_and_counted(site: Site, policy: FetchPolicy, target: Path) -> None:
    site.put("/a", Answer(status=302, headers={"Location": "b?x=1"}))
    site.put("/b", Answer(status=307, headers={"Location": f"{site.url}/c.json"}))
    end = site.put("/c.json", b"{}")
    site.put("/loop", Answer(status=301, headers={"Location": "/loop"}))
    fetched = fetch.fetch(f"{site.url}/a", target, policy)
    assert (fetched.url, fetched.media_type) == (end, "application/json")
    with pytest.raises(UnreachableReference, match="redirects more than 10 times"):
        fetch.fetch(f"{site.url}/loop", target, policy)


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://example.com/x",
        "http://127.0.0.1:1/x",
        "http://[::ffff:127.0.0.1]:1/",
        "http://localhost/",
        "http://0x7f000001:1/",
        "//169.254.169.254/latest/meta-data",
        "http://u:p@example.com/",
    ],
)
def test_a_redirect_to_what_may_not_be_named_is_refused(
    site: Site, policy: FetchPolicy, target: Path, location: str
) -> None:
    url = site.put("/x", Answer(status=302, headers={"Location": location}))
    with pytest.raises(RefusedReference, match="redirects"):
        fetch.fetch(url, target, policy)
    assert site.times("/x") == 1
    assert list(target.parent.iterdir()) == []


def _answering(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[tuple[Any, ...]]:
    """Let DNS answer these addresses in turn, the last one for ever; what was asked."""
    asked: list[tuple[Any, ...]] = []
    real = socket.getaddrinfo
    left = list(answers)

    def answer(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host == "name.example":
            asked.append((host, port))
            host = left.pop(0) if len(left) > 1 else left[0]
        return real(host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


def test_a_name_that_resolves_to_a_private_address_is_refused(
    site: Site, policy: FetchPolicy, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = site.put("/x", b"x").replace("127.0.0.1", "name.example")
    closed = FetchPolicy(user_folder=policy.user_folder, attempts=3)
    _answering(monkeypatch, "127.0.0.1")
    with pytest.raises(RefusedReference, match=r"name\.example is refused: its address 127"):
        fetch.fetch(url, target, closed)
    assert site.asked == []


def test_the_address_that_was_checked_is_the_one_connected_to(
    site: Site, policy: FetchPolicy, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that answers a public address first and loopback next reaches no loopback."""
    reached: list[str] = []
    create = connections.HTTPConnection._new_conn

    def connect(self: Any) -> socket.socket:
        reached.append(self.host)
        if self.host != "127.0.0.1":
            raise connections.NewConnectionError(self, "no route in this test")
        return create(self)

    monkeypatch.setattr(connections.HTTPConnection, "_new_conn", connect)
    asked = _answering(monkeypatch, "8.8.8.8", "127.0.0.1")
    url = site.put("/x", b"x").replace("127.0.0.1", "name.example")
    closed = FetchPolicy(user_folder=policy.user_folder, attempts=3)
    with pytest.raises(RefusedReference):
        fetch.fetch(url, target, closed)
    assert reached == ["8.8.8.8"]
    assert len(asked) == 2
    assert site.asked == []


def test_a_name_may_be_allowed_and_keeps_its_host_header(
    site: Site, policy: FetchPolicy, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = FetchPolicy(user_folder=policy.user_folder, allow_hosts=("name.example",), attempts=1)
    _answering(monkeypatch, "127.0.0.1")
    url = site.put("/x", b"x").replace("127.0.0.1", "name.example")
    fetch.fetch(url, target, named)
    assert site.asked[0][1]["Host"] == f"name.example:{site.port}"


def test_a_file_of_the_user_folder_is_copied(policy: FetchPolicy, target: Path) -> None:
    source = Path(policy.user_folder) / "a b.tif"
    source.write_bytes(BODY)
    fetched = fetch.fetch("a b.tif", target, policy)
    assert target.read_bytes() == BODY
    assert (fetched.media_type, fetched.url) == ("image/tiff", source.as_uri())
    assert not target.samefile(source)


@pytest.mark.parametrize(
    ("href", "error", "why"),
    [
        ("none.tif", UnreachableReference, "no such file"),
        (".", UnreachableReference, "is a folder"),
        ("large", RefusedReference, "larger than"),
        ("/etc/passwd", RefusedReference, "leaves the user folder"),
    ],
)
def test_a_path_that_gives_nothing_leaves_nothing(
    policy: FetchPolicy, target: Path, href: str, error: type[Exception], why: str
) -> None:
    (Path(policy.user_folder) / "large").write_bytes(BODY * 3)
    with pytest.raises(error, match=why):
        fetch.fetch(href, target, policy)
    assert list(target.parent.iterdir()) == []
