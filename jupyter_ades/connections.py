"""HTTP connections that go only to addresses that a policy allows, whatever DNS answers.

The name is resolved here, the answer is checked, and the connection is made to that very address:
a name that answers differently a moment later gains nothing. TLS still checks the name.
"""

from __future__ import annotations

import socket
from functools import lru_cache
from typing import ClassVar

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError

from jupyter_ades.deadline import hold
from jupyter_ades.errors import RefusedReference
from jupyter_ades.model import FetchPolicy
from jupyter_ades.references import address_allowed

#: Connections to one host that are kept for the next requests.
KEPT = 16


class _Guarded(HTTPConnection):
    policy: ClassVar[FetchPolicy]

    def _new_conn(self) -> socket.socket:
        host = self.host
        addresses = _usable(_resolve(self), host, self.port, self.policy)
        try:
            opened = self._first_open(addresses)
            hold(opened)
            return opened
        finally:
            # TLS compares the certificate with this name, not with the address.
            self.host = host

    def _first_open(self, addresses: list[str]) -> socket.socket:
        for address in addresses[:-1]:
            self.host = address
            try:
                return super()._new_conn()
            except NewConnectionError:
                continue
        self.host = addresses[-1]
        return super()._new_conn()


class _GuardedTLS(_Guarded, HTTPSConnection):
    pass


def _resolve(connection: HTTPConnection) -> list[str]:
    """The addresses of a connection's host, in the system's order of preference."""
    try:
        found = socket.getaddrinfo(connection.host, connection.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        reason = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
        raise NameResolutionError(connection.host, connection, reason) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _usable(found: list[str], host: str, port: int, policy: FetchPolicy) -> list[str]:
    """The addresses that the policy allows; RefusedReference when it allows none."""
    usable = [address for address in found if address_allowed(address, host, port, policy)]
    if not usable:
        raise RefusedReference(
            f"{host} is refused: its address {found[0]} is on this machine or in a private network;"
            " an administrator can allow it by c.ADES.allow_hosts."
        )
    return usable


@lru_cache(maxsize=8)
def pool(policy: FetchPolicy) -> urllib3.PoolManager:
    """The connections of one policy; reused, as loading TLS certificates takes tens of ms."""
    plain = type("Guarded", (_Guarded,), {"policy": policy})
    secure = type("GuardedTLS", (_GuardedTLS,), {"policy": policy})
    manager = urllib3.PoolManager(
        maxsize=KEPT, timeout=urllib3.Timeout(connect=policy.timeout, read=policy.timeout)
    )
    manager.pool_classes_by_scheme = {
        "http": type("Pool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("PoolTLS", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }
    return manager
