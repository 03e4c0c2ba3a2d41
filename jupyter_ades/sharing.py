"""Shares workspaces, not the server: tokens that may only read, or only execute.

``c.ServerApp.authorizer_class = "jupyter_ades.sharing.HubScopesAuthorizer"`` takes JupyterHub's
custom scopes (https://jupyterhub.readthedocs.io/en/stable/rbac/scopes.html#custom-scopes) for what
a token may do; ``docs/operators/sharing.md`` has the hub's side.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.auth.identity import IdentityProvider
from tornado import web
from traitlets import List, Unicode

RESOURCE = "ades"
PREFIX = "custom:ades:"
#: Custom scope of the hub to what its holder may do: Jupyter's words for kinds of requests.
ALLOWED = {
    f"{PREFIX}read": frozenset({"read"}),
    f"{PREFIX}execute": frozenset({"read", "execute"}),
}
#: The scope of those who may do everything: a token that inherits its owner's scopes has it too.
EVERYTHING = f"{PREFIX}write"


class HubScopesAuthorizer(Authorizer):
    """Lets a token that has one of our custom scopes do that, and nothing else on this server.

    ``read`` lists, describes, and gets statuses, results and files; ``execute`` also makes jobs,
    whose references cannot name files of the server's user. Tokens without such a scope, or with
    ``custom:ades:write``, are as before: who may use the server may do everything.

    Many handlers of other extensions ask no authorizer, only who is asking: to them, holders of a
    narrowed token are nobody.
    """

    shared_workspaces = List(
        Unicode(),
        help="Names of the workspaces that tokens with a scope 'custom:ades:...' may use. Default:"
        " empty, all of them.",
    ).tag(config=True)

    def __init__(self, **keywords: Any) -> None:
        """Narrow the server's identity provider, too."""
        super().__init__(**keywords)
        narrow(self.identity_provider)

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        """Whether ``user`` may ``read``, ``write`` or ``execute`` a ``resource`` of the server."""
        granted = granted_to(user)
        if granted is None:
            return True
        shared = self.shared_workspaces or [getattr(handler, "workspace", "")]
        here = getattr(handler, "workspace", "") in shared
        return resource == RESOURCE and here and action in granted


def narrow(provider: IdentityProvider) -> None:
    """Let an identity provider know holders of narrowed tokens nowhere but here.

    Its method is replaced, as JupyterHub chooses the class of the servers' provider itself.
    """
    known = provider.get_user

    async def get_user(handler: Any) -> Any:
        user = await ensure_async(known(handler))
        ours = getattr(handler, "auth_resource", "") == RESOURCE
        if user is None or ours or granted_to(user) is None:
            return user
        # Else who is nobody is sent to log in, and back, and again.
        handler.redirect = _refuse
        return None

    provider.get_user = get_user  # type: ignore[method-assign]


def _refuse(*_: Any, **__: Any) -> None:
    raise web.HTTPError(403, "This token is for an ADES, not for the rest of this server.")


def granted_to(user: Any) -> frozenset[str] | None:
    """What a user's token allows; None when that is everything.

    Below a hub nothing, when the server knows no scopes (``JUPYTERHUB_SINGLEUSER_EXTENSION=0``).
    """
    known = getattr(user, "hub_user", None)
    if known is None:
        return frozenset() if "JUPYTERHUB_API_TOKEN" in os.environ else None
    return granted_actions(known.get("scopes", ()))


def granted_actions(scopes: Iterable[str]) -> frozenset[str] | None:
    """What the custom scopes among a token's scopes allow; None when that is everything.

    A scope may carry a filter, ``custom:ades:read!server=alice/``: the hub has seen to it that the
    token is one for this server.
    """
    names = {scope.partition("!")[0] for scope in scopes}
    ours = {name for name in names if name.startswith(PREFIX)}
    if not ours or EVERYTHING in ours:
        return None
    return frozenset().union(*(ALLOWED.get(name, frozenset()) for name in ours))
