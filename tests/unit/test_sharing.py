"""What scopes of a hub allow."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_server.auth.identity import IdentityProvider
from tornado import web
from traitlets.config import Config

from jupyter_ades.sharing import HubScopesAuthorizer, granted_actions, narrow

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
    authorizer = HubScopesAuthorizer(config=config, identity_provider=IdentityProvider())
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


def test_below_a_hub_who_has_no_scopes_may_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "t")
    assert not may(SimpleNamespace(), "read", "ades", "a")
    assert may(OWNER, "read", "ades", "a")


class Provider(IdentityProvider):
    """Knows one user."""

    user: Any = None

    def get_user(self, handler: Any) -> Any:
        return self.user


@pytest.mark.parametrize(
    ("user", "resource", "known"),
    [
        (READER, "ades", True),
        (READER, "contents", False),
        (READER, None, False),
        (OWNER, None, True),
        (None, "ades", False),
        (None, None, False),
    ],
)
def test_holders_of_narrowed_tokens_are_known_to_our_handlers_only(
    user: Any, resource: str | None, known: bool
) -> None:
    provider = Provider()
    provider.user = user
    narrow(provider)
    named = {"auth_resource": resource} if resource else {}
    handler = SimpleNamespace(redirect=lambda url: url, **named)
    assert asyncio.run(provider.get_user(handler)) is (user if known else None)
    if user is READER and not known:
        with pytest.raises(web.HTTPError, match="not for the rest of this server"):
            handler.redirect("/login")
    else:
        assert handler.redirect("/login") == "/login"
