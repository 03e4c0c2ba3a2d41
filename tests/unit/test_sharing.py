"""What scopes of a hub allow."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from traitlets.config import Config

from jupyter_ades.sharing import HubScopesAuthorizer, granted_actions

READER = SimpleNamespace(hub_user={"scopes": ["access:servers!user=a", "custom:ades:read!user=a"]})
OWNER = SimpleNamespace(hub_user={"scopes": ["access:servers!user=a"]})


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        ([], None),
        (["access:servers", "custom:other:read"], None),
        (["custom:ades:read"], {"read"}),
        (["custom:ades:execute!server=a/"], {"read", "execute"}),
        (["custom:ades:read", "custom:ades:write!user=a"], None),
        (["custom:ades:nonsense"], set()),
    ],
)
def test_scopes(scopes: list[str], expected: set[str] | None) -> None:
    assert granted_actions(scopes) == expected


def may(user: object, action: str, resource: str, workspace: str, *shared: str) -> bool:
    config = Config(HubScopesAuthorizer={"shared_workspaces": list(shared)})
    authorizer = HubScopesAuthorizer(config=config)
    handler = SimpleNamespace(workspace=workspace) if workspace else SimpleNamespace()
    return authorizer.is_authorized(handler, user, action, resource)


def test_only_ours_and_only_those_workspaces() -> None:
    assert may(READER, "read", "ades", "a")
    assert not may(READER, "write", "ades", "a")
    assert not may(READER, "execute", "ades", "a")
    assert not may(READER, "read", "contents", "")
    assert may(READER, "read", "ades", "public", "public")
    assert not may(READER, "read", "ades", "a", "public")
    # What belongs to no workspace is not shared.
    assert not may(READER, "read", "ades", "", "public")


def test_owners_and_servers_without_a_hub_are_as_before() -> None:
    assert may(OWNER, "write", "contents", "")
    assert may(SimpleNamespace(), "execute", "kernels", "")
