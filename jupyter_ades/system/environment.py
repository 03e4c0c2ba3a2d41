"""What a job's processes see of the server's environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

#: Variables that let their holder act as the user's server, or as the hub.
TOKENS = (
    "JUPYTER_TOKEN",
    "JUPYTERHUB_API_TOKEN",
    "JUPYTERHUB_CRYPT_KEY",
    "JUPYTERHUB_*COOKIE*",
    "JPY_API_TOKEN",
    "JPY_*COOKIE*",
    "JUPYTER_GATEWAY_AUTH_TOKEN",
    "JUPYTER_GATEWAY_HEADERS",
    "JUPYTER_GATEWAY_HTTP_PWD",
    "CONFIGPROXY_AUTH_TOKEN",
)
#: Variables by which the bucket of the results is reached: the worker's alone.
KEYS = ("AWS_*",)


def without(environment: Mapping[str, str], patterns: Iterable[str]) -> dict[str, str]:
    """An environment less the variables that one of the patterns (``AWS_*``) names."""
    dropped = tuple(patterns)
    return {
        name: value
        for name, value in environment.items()
        if not any(fnmatchcase(name, pattern) for pattern in dropped)
    }
