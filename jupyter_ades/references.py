"""What an href is, and whether it may be named. Pure: no DNS, no file is opened.

A host is refused when it *is* an address that is not public, however it is spelled. A name is
looked at again when it is resolved: :mod:`jupyter_ades.fetch` connects only to addresses that pass
:func:`address_allowed`.
"""

from __future__ import annotations

import re
import socket
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from jupyter_ades.errors import RefusedReference
from jupyter_ades.model import FetchPolicy
from jupyter_ades.s3.address import is_s3, join, read_address, settings_for

Address = IPv4Address | IPv6Address

PORTS = {"http": 80, "https": 443}
#: A single letter is a drive, or a file called ``a:b``: neither is a scheme that we know.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
#: urlsplit drops some of these silently, other readers of the same URL do not.
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
#: Characters of an href that a message repeats.
_SHOWN = 200


def check_href(href: str, policy: FetchPolicy) -> None:
    """Raise RefusedReference, in words, for an href that may not be named."""
    if is_web(href):
        _check_web(href, policy)
    elif is_s3(href):
        _check_bucket(href, policy)
    else:
        user_path(href, policy)


def is_web(href: str) -> bool:
    """Whether an href is an http(s) URL."""
    return scheme_of(href) in PORTS


def is_remote(href: str) -> bool:
    """Whether an href names something on the web or in a bucket."""
    return is_web(href) or is_s3(href)


def resolve(href: str, base: str) -> str:
    """An href that a document at a remote address holds as an href of its own."""
    if is_s3(base):
        return href if scheme_of(href) else join(base, href)
    return urljoin(base, href)


def scheme_of(href: str) -> str:
    """The href's scheme in lower case; empty for a path."""
    match = _SCHEME.match(href)
    return match[1].lower() if match else ""


def shown(href: str) -> str:
    """The href as messages repeat it: without credentials and query, which may hold secrets."""
    if is_web(href):
        scheme, _, rest = href.partition(":")
        rest = re.sub(r"^//[^/?#]*@", "//", rest)
        href = f"{scheme}:{re.sub(r'[?#].*', '?...', rest, flags=re.DOTALL)}"
    return href if len(href) <= _SHOWN else f"{href[:_SHOWN]}..."


# buckets


def _check_bucket(href: str, policy: FetchPolicy) -> None:
    try:
        address = read_address(href)
    except ValueError as error:
        raise _refused(href, str(error)) from None
    if settings_for(address, policy) is None:
        raise _refused(
            href,
            f"requests may not name s3://{address.bucket} there; an administrator can allow it by"
            " c.ADES.s3_buckets",
        )


def policy_of(policy: FetchPolicy, *, guest: bool) -> FetchPolicy:
    """What hrefs may name: of those who may execute and no more, the open internet alone."""
    return replace(policy, user_folder="", buckets=(), allow_hosts=()) if guest else policy


# hosts


def _check_web(href: str, policy: FetchPolicy) -> None:
    if _UNSAFE.search(href):
        raise _refused(href, "it has spaces, control characters or backslashes; encode them (%20)")
    parts = _split(href)
    if "@" in parts.netloc:
        raise _refused(href, "it carries credentials; they would end up in logs and results")
    host, port = endpoint(href)
    if not host or "%" in host:
        raise _refused(href, "it names no host that can be understood")
    if _local(host) and not allowed(host, port, policy):
        raise _refused(
            href,
            f"its host {host} is on this machine or in a private network; an administrator can"
            " allow it by c.ADES.allow_hosts",
        )


def _split(href: str) -> SplitResult:
    try:
        parts = urlsplit(href)
        _ = parts.port
    except ValueError as error:
        raise _refused(href, f"it is not a valid URL ({error})") from error
    return parts


def endpoint(href: str) -> tuple[str, int]:
    """Host (lower case, no brackets, no trailing dot) and port that an http(s) URL names."""
    parts = _split(href)
    port = parts.port if parts.port is not None else PORTS[parts.scheme]
    return _plain(parts.hostname or ""), port


def _plain(host: str) -> str:
    # IDNA maps look-alikes of letters, digits and the full stop before a name is resolved.
    host = unicodedata.normalize("NFKC", host).replace("\u3002", ".").lower()
    return host.removeprefix("[").removesuffix("]").rstrip(".")


def _local(host: str) -> bool:
    """Whether a host is literally local: a name of this machine, or an address not public."""
    if host == "localhost" or host.endswith((".localhost", ".localdomain")):
        return True
    address = literal(host)
    return address is not None and not is_public(address)


def literal(host: str) -> Address | None:
    """The address that a host spells (also ``127.1``, ``0x7f000001``, ``0177.0.0.1``), or None."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError, ValueError):
        return None


def is_public(address: Address) -> bool:
    """Whether an address is reachable in the open internet and nowhere else."""
    return all(
        each.is_global and not each.is_multicast and not getattr(each, "is_site_local", False)
        for each in _readings(address)
    )


def _readings(address: Address) -> Iterator[Address]:
    """An address and the IPv4 addresses that it carries, to which a gateway may send it on."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    if mapped is not None:
        yield mapped
        return
    yield address
    if isinstance(address, IPv6Address):
        yield from _carried(address)


def _carried(address: IPv6Address) -> Iterator[Address]:
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if any(address in ip_network(net) for net in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48")):
        yield IPv4Address(int(address) & 0xFFFFFFFF)


def allowed(host: str, port: int, policy: FetchPolicy) -> bool:
    """Whether ``allow_hosts`` names this host, by name, address or network."""
    host = _plain(host)
    address = literal(host)
    return any(_names(entry, host, address, port) for entry in policy.allow_hosts)


def address_allowed(ip: str, host: str, port: int, policy: FetchPolicy) -> bool:
    """Whether a connection to this address may be made for an href that names this host."""
    address = ip_address(ip.partition("%")[0])
    return is_public(address) or allowed(host, port, policy) or allowed(str(address), port, policy)


def _names(entry: str, host: str, address: Address | None, port: int) -> bool:
    """Whether one entry of ``allow_hosts`` names a host, or its address, at a port."""
    name, wanted = _entry(entry.strip())
    if wanted is not None and wanted != port:
        return False
    if address is None:
        return _plain(name) == host
    try:
        network = ip_network(_plain(name), strict=False)
    except ValueError:
        return _plain(name) == host
    return any(each in network for each in _readings(address) if each.version == network.version)


def _entry(entry: str) -> tuple[str, int | None]:
    """Split ``name:port`` and ``[v6]:port``; a bare IPv6 address or network has no port."""
    match = re.fullmatch(r"(\[[^\]]*\]|[^:]*):([0-9]+)", entry)
    return (match[1], int(match[2])) if match else (entry, None)


# paths


def user_path(href: str, policy: FetchPolicy) -> Path:
    """The resolved path that a relative path, an absolute one or a ``file:`` URL names.

    Raises RefusedReference when it leaves the user folder, also by a symbolic link.
    """
    text = _path_text(href)
    if not policy.user_folder:
        raise _refused(href, "who may only execute cannot name files of this server's user")
    if not text or "\x00" in text:
        raise _refused(href, "it names no file")
    folder = Path(policy.user_folder).resolve()
    try:
        path = (folder / text).resolve()
    except (OSError, RuntimeError) as error:
        raise _refused(href, f"its path cannot be followed ({error})") from error
    if not path.is_relative_to(folder):
        raise _refused(href, "it leaves the user folder")
    return path


def _path_text(href: str) -> str:
    """The path that an href spells; ``file:`` URLs are decoded, plain paths mean what they say."""
    scheme = scheme_of(href)
    if not scheme:
        return href
    if scheme != "file":
        raise _refused(
            href,
            f"{scheme}: cannot be read; give an http(s) or s3 URL or a path in the user folder",
        )
    parts = _split(href)
    if parts.netloc.lower() not in ("", "localhost"):
        raise _refused(href, f"its file is on another machine ({parts.netloc})")
    return unquote(parts.path)


def _refused(href: str, why: str) -> RefusedReference:
    return RefusedReference(f"{shown(href) or 'An empty href'} is refused: {why}.")
