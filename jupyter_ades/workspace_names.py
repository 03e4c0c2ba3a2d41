"""Which names a workspace may have, and a user's own: known to the server and to the client."""

from __future__ import annotations

import re

#: First path segments that Jupyter itself answers.
RESERVED = frozenset(
    {"api", "custom", "doc", "edit", "favicon.ico", "files", "hub", "kernelspecs", "lab", "login"}
    | {"logout", "metrics", "nbconvert", "nbextensions", "notebooks", "robots.txt", "services"}
    | {"static", "terminals", "tree", "user", "view", "voila"}
)
#: What follows a workspace's name in an address: the dialects.
DIALECTS = ("wps3", "ogc-api")
ALLOWED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def workspace_name(user: str) -> str:
    """A workspace's name for a user's: never refused, safe in a URL and as a folder."""
    name = re.sub(r"[^A-Za-z0-9._-]", "-", user).lstrip("._-")[:60] or "workspace"
    return f"{name}-ws" if name.lower() in RESERVED else name


def check_workspace_name(name: str) -> None:
    """ValueError in words when a configured name cannot be used."""
    if not ALLOWED.fullmatch(name):
        raise ValueError(
            f"workspace name {name!r}: use 1 to 64 letters, digits, '.', '_' or '-',"
            " the first a letter or digit"
        )
    if name.lower() in RESERVED:
        raise ValueError(f"workspace name {name!r}: Jupyter itself answers at /{name}")
