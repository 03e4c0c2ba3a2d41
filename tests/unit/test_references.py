"""Which hrefs may be named: tables, and spellings by hypothesis."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_ades.errors import RefusedReference
from jupyter_ades.model import FetchPolicy
from jupyter_ades.references import (
    address_allowed,
    allowed,
    check_href,
    endpoint,
    is_public,
    literal,
    shown,
    user_path,
)

NOWHERE = FetchPolicy(user_folder="/nonexistent-user-folder")

LOCAL = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.255.0.3",
    "0",
    "0.0.0.0",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "2130706433",
    "017700000001",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "0xa9fea9fe",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::10.0.0.1]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fc00::1]",
    "[fec0::1]",
    "[ff02::1]",
    "\uff11\uff12\uff17.0.0.1",
    "127\u30020\u30020\u30021",
    "127%2e0%2e0%2e1",
    "%6c%6f%63alhost",
]
PUBLIC = [
    "example.com",
    "EXAMPLE.com.",
    "1.1.1.1",
    "8.8.8.8",
    "172.32.0.1",
    "localhost.example.com",
    "[2606:4700:4700::1111]",
    "[64:ff9b::8.8.8.8]",
]


@pytest.mark.parametrize("host", LOCAL)
@pytest.mark.parametrize("form", ["http://{}/x", "https://{}:8443/x", "HTTP://{}", "http://{}?q"])
def test_a_host_that_is_literally_local_is_refused(host: str, form: str) -> None:
    with pytest.raises(RefusedReference, match="refused"):
        check_href(form.format(host), NOWHERE)


@pytest.mark.parametrize("host", PUBLIC)
def test_a_public_host_is_not_refused(host: str) -> None:
    check_href(f"https://{host}/data/item.json?x=1#f", NOWHERE)


@pytest.mark.parametrize(
    ("href", "why"),
    [
        ("", "names no file"),
        ("s3://bucket/key", "c.ADES.s3_buckets"),
        ("ftp://example.com/x", "ftp: cannot be read"),
        ("javascript:alert(1)", "cannot be read"),
        ("data:text/plain,x", "cannot be read"),
        ("http:", "no host"),
        ("http:///etc/passwd", "no host"),
        ("http://", "no host"),
        ("http://example.com:99999/", "not a valid URL"),
        ("http://[::1/", "not a valid URL"),
        ("http://user:secret@example.com/", "credentials"),
        ("http://user@example.com/", "credentials"),
        ("http://example.com\\@127.0.0.1/", "backslashes"),
        ("http://example.com/a b", "spaces"),
        ("http://example.com/\r\nHost: x", "control"),
        ("http://exam\tple.com/", "control"),
        ("file://elsewhere/x", "another machine"),
        ("/etc/passwd", "leaves the user folder"),
        ("../x", "leaves the user folder"),
        ("a/../../x", "leaves the user folder"),
        ("//127.0.0.1/x", "leaves the user folder"),
        ("file:///etc/passwd", "leaves the user folder"),
        ("file:/%2e%2e/etc/passwd", "leaves the user folder"),
        ("x\x00y", "names no file"),
        ("file:///%00", "names no file"),
    ],
)
def test_a_refusal_says_why(href: str, why: str) -> None:
    with pytest.raises(RefusedReference, match=why) as caught:
        check_href(href, NOWHERE)
    assert "secret" not in caught.value.detail


@given(st.ip_addresses(v=4), st.sampled_from(["d", "x", "o", "dotted-x", "dotted-o", "short"]))
def test_every_spelling_of_an_address_is_read(address: IPv4Address, form: str) -> None:
    number, parts = int(address), address.packed
    spelled = {
        "d": str(number),
        "x": hex(number),
        "o": f"0{number:o}",
        "dotted-x": ".".join(hex(each) for each in parts),
        "dotted-o": ".".join(f"0{each:o}" for each in parts),
        "short": f"{parts[0]}.{number & 0xFFFFFF}",
    }[form]
    assert literal(spelled) == address


@given(st.ip_addresses(v=4))
def test_an_ipv6_address_is_as_public_as_the_ipv4_address_it_maps(address: IPv4Address) -> None:
    mapped = IPv6Address(0xFFFF << 32 | int(address))
    assert is_public(mapped) == is_public(address)


@given(st.text(min_size=1, max_size=30))
def test_a_host_is_read_or_refused_but_nothing_else_is_raised(host: str) -> None:
    try:
        check_href(f"http://{host}/", NOWHERE)
    except RefusedReference:
        return
    read = literal(endpoint(f"http://{host}/")[0])
    assert read is None or is_public(read)


@pytest.mark.parametrize(
    ("entry", "host", "port", "expected"),
    [
        ("localhost", "localhost", 80, True),
        ("LocalHost", "localhost.", 80, True),
        ("localhost:8888", "localhost", 8888, True),
        ("localhost:8888", "localhost", 80, False),
        ("data.internal", "data.internal", 443, True),
        ("internal", "data.internal", 443, False),
        ("127.0.0.1", "0x7f000001", 80, True),
        ("127.0.0.1", "[::ffff:127.0.0.1]", 80, True),
        ("127.0.0.1:5000", "127.0.0.1", 5000, True),
        ("127.0.0.1:5000", "127.0.0.1", 5001, False),
        ("[::1]:5000", "::1", 5000, True),
        ("[::1]:5000", "::1", 80, False),
        ("::1", "[::1]", 80, True),
        ("10.0.0.0/8", "10.9.8.7", 80, True),
        ("10.0.0.0/8", "11.0.0.1", 80, False),
        ("fd00::/8", "fd12::1", 80, True),
        ("10.0.0.0/8", "fd12::1", 80, False),
        ("10.0.0.0/8", "data.internal", 80, False),
    ],
)
def test_allow_hosts_names_hosts_addresses_and_networks(
    entry: str, host: str, port: int, expected: bool
) -> None:
    policy = FetchPolicy(user_folder="/", allow_hosts=("other.example", entry))
    assert allowed(host, port, policy) is expected


def test_an_address_is_allowed_by_itself_or_by_the_name_that_led_to_it() -> None:
    by_name = FetchPolicy(user_folder="/", allow_hosts=("data.internal:80",))
    by_address = FetchPolicy(user_folder="/", allow_hosts=("10.0.0.0/8",))
    assert address_allowed("1.1.1.1", "example.com", 80, NOWHERE)
    assert not address_allowed("10.0.0.1", "example.com", 80, NOWHERE)
    assert address_allowed("10.0.0.1", "data.internal", 80, by_name)
    assert not address_allowed("10.0.0.1", "data.internal", 81, by_name)
    assert not address_allowed("10.0.0.1", "example.com", 80, by_name)
    assert address_allowed("10.0.0.1", "example.com", 80, by_address)
    assert not address_allowed("fe80::1%eth0", "example.com", 80, by_address)
    assert str(ip_address("10.0.0.1")) == "10.0.0.1"


def test_paths_stay_in_the_user_folder(tmp_path: Path) -> None:
    folder = tmp_path / "home with + and %41"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "outside.tif").write_bytes(b"")
    (folder / "a%20b.tif").write_bytes(b"")
    (folder / "out").symlink_to(tmp_path / "outside.tif")
    (folder / "in").symlink_to(folder / "sub")
    policy = FetchPolicy(user_folder=str(folder))

    assert user_path("sub/x.tif", policy) == folder / "sub/x.tif"
    assert user_path("./sub/../a%20b.tif", policy) == folder / "a%20b.tif"
    assert user_path(str(folder / "sub"), policy) == folder / "sub"
    assert user_path((folder / "a%20b.tif").as_uri(), policy) == folder / "a%20b.tif"
    assert user_path("in/x", policy) == folder / "sub/x"
    for href in ("out", "../outside.tif", str(tmp_path), "in/../../../outside.tif"):
        with pytest.raises(RefusedReference):
            user_path(href, policy)


def test_a_user_folder_that_is_a_link_holds_its_files(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    policy = FetchPolicy(user_folder=str(tmp_path / "link"))
    assert user_path(str(tmp_path / "link" / "x"), policy) == tmp_path / "real/x"


def test_messages_name_an_href_without_its_secrets() -> None:
    href = "https://me:pw@example.com/a/b.tif?sig=abc#d"
    assert shown(href) == "https://example.com/a/b.tif?..."
    assert shown("a/b?c.tif") == "a/b?c.tif"
    assert len(shown("x" * 5000)) < 300
