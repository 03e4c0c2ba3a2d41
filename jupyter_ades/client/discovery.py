"""Finds the server that this process belongs to, without importing jupyter_server.

In this order: the server that started this kernel or terminal; the hub's environment; ``ADES_URL``;
the one running server whose folder holds the working directory.
"""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit, urlunsplit

from jupyter_ades.client.errors import NoServer
from jupyter_ades.workspace_names import workspace_name

#: Paths of the dialects below a workspace, the preferred one first.
DIALECTS = ("wps3", "ogc-api")
#: Seconds by which the system may be wrong about when a process began.
INEXACT = 2.0
#: What a server that listens on every address is reached by.
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


@dataclass(frozen=True, kw_only=True)
class RunningServer:
    """A Jupyter server on this machine, as its file in the runtime folder tells of it."""

    url: str
    token: str = field(default="", repr=False)
    pid: int = 0
    root_dir: str = ""


@dataclass(frozen=True, kw_only=True)
class Found:
    """Where the service is."""

    #: Addresses at which it may be, the likeliest first.
    candidates: tuple[str, ...]
    token: str = field(default="", repr=False)
    workspace: str = ""
    #: Address of the Jupyter server that may be asked for its workspaces; empty when the
    #: workspace was named, or the root itself.
    server: str = ""
    #: The server's folder, when the server is on this machine.
    root_dir: Path | None = None


def workspace_of(environ: Mapping[str, str]) -> str:
    """The workspace that a server has by default, named as the server names it."""
    named = environ.get("ADES_WORKSPACE")
    return named or workspace_name(environ.get("JUPYTERHUB_USER") or getpass.getuser())


def at(
    url: str,
    *,
    token: str | None = None,
    workspace: str = "",
    environ: Mapping[str, str] | None = None,
) -> Found:
    """A service at an address: its own root, that of a Jupyter server, or another service's."""
    environ = os.environ if environ is None else environ
    parts = urlsplit(url if "://" in url else f"https://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NoServer(f"{url!r} is no http(s) address of a server.")
    # A token that stays in an address ends up in logs.
    given = dict(pair.partition("=")[::2] for pair in parts.query.split("&")).get("token", "")
    token = given or _kept_token(parts, environ) if token is None else token
    path = parts.path.rstrip("/").removesuffix("/lab").removesuffix("/tree")
    base = urlunsplit((parts.scheme, parts.netloc, path, "", ""))
    above, _, last = base.rpartition("/")
    if last in DIALECTS:
        above, _, named = above.rpartition("/")
        root = f"{above}/{workspace or named}/{last}"
        return Found(candidates=(root,), token=token, workspace=workspace or named)
    server = "" if workspace or environ.get("ADES_WORKSPACE") else base
    workspace = workspace or workspace_of(environ)
    candidates = (base, *_below(base, workspace))
    return Found(candidates=candidates, token=token, workspace=workspace, server=server)


def _kept_token(parts: SplitResult, environ: Mapping[str, str]) -> str:
    """``$ADES_TOKEN``, unless ``$ADES_URL`` says that it is for another host."""
    kept = urlsplit(environ.get("ADES_URL", ""))
    return environ.get("ADES_TOKEN", "") if kept.netloc in ("", parts.netloc) else ""


def discover(
    environ: Mapping[str, str] | None = None,
    *,
    workspace: str = "",
    servers: Iterable[RunningServer] | None = None,
    ancestors: Sequence[int] | None = None,
    folder: Path | None = None,
) -> Found:
    """The service of this process's own server; NoServer, with what was looked at, when none is."""
    environ = os.environ if environ is None else environ
    running = list(running_servers() if servers is None else servers)
    own = _own(running, environ, ancestor_pids() if ancestors is None else ancestors)
    if own is not None:
        return _of_server(own, workspace, environ)
    if environ.get("JUPYTERHUB_SERVICE_URL") and environ.get("JUPYTERHUB_API_TOKEN"):
        return _of_hub(environ, workspace)
    if environ.get("ADES_URL"):
        return at(environ["ADES_URL"], workspace=workspace, environ=environ)
    around = _around(running, folder or Path.cwd())
    if len(around) == 1:
        return _of_server(around[0], workspace, environ)
    raise NoServer(_nothing(running, around))


def _own(
    running: list[RunningServer], environ: Mapping[str, str], ancestors: Sequence[int]
) -> RunningServer | None:
    """The server that started this kernel or terminal, the nearest one first."""
    parent = environ.get("JPY_PARENT_PID", "")
    pids = [int(parent)] if parent.isdigit() else []
    by_pid = {each.pid: each for each in running if each.pid}
    return next((by_pid[pid] for pid in [*pids, *ancestors] if pid in by_pid), None)


def _around(running: list[RunningServer], folder: Path) -> list[RunningServer]:
    """The servers whose folder holds this one, those with the deepest folder."""
    folder = folder.resolve()
    holding = [
        (len(root.parts), each)
        for each in running
        if each.root_dir
        for root in [Path(each.root_dir).resolve()]
        if root == folder or root in folder.parents
    ]
    deepest = max((depth for depth, _ in holding), default=0)
    return [each for depth, each in holding if depth == deepest]


def _of_server(server: RunningServer, workspace: str, environ: Mapping[str, str]) -> Found:
    # Behind a hub the server has no token of its own, and takes the hub's.
    token = server.token or environ.get("JUPYTERHUB_API_TOKEN") or environ.get("JUPYTER_TOKEN", "")
    folder = Path(server.root_dir) if server.root_dir else None
    return _beside(_reachable(server.url), token, workspace, environ, folder)


def _of_hub(environ: Mapping[str, str], workspace: str) -> Found:
    parts = urlsplit(environ["JUPYTERHUB_SERVICE_URL"])
    prefix = environ.get("JUPYTERHUB_SERVICE_PREFIX") or parts.path
    base = _reachable(urlunsplit((parts.scheme, parts.netloc, prefix, "", "")))
    return _beside(base, environ["JUPYTERHUB_API_TOKEN"], workspace, environ, None)


def _beside(
    base: str, token: str, workspace: str, environ: Mapping[str, str], root_dir: Path | None
) -> Found:
    named = workspace or environ.get("ADES_WORKSPACE", "")
    workspace = named or workspace_of(environ)
    return Found(
        candidates=_below(base, workspace),
        token=token,
        workspace=workspace,
        server="" if named else base,
        root_dir=root_dir,
    )


def _below(base: str, workspace: str) -> tuple[str, ...]:
    return tuple(f"{base}/{workspace}/{dialect}" for dialect in DIALECTS)


def _reachable(url: str) -> str:
    """The address with a host that can be connected to, without a slash at its end."""
    parts = urlsplit(url)
    host = ANYWHERE.get(parts.hostname or "", parts.hostname or "")
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, f"{host}{port}", parts.path.rstrip("/"), "", ""))


def _nothing(running: list[RunningServer], around: list[RunningServer]) -> str:
    said = "Give an address, Client(url, token=...) or $ADES_URL and $ADES_TOKEN."
    if around:
        urls = ", ".join(each.url for each in around)
        return f"Several Jupyter servers have this folder: {urls}. {said}"
    if running:
        urls = ", ".join(f"{each.url} of {each.root_dir}" for each in running)
        return f"No running Jupyter server belongs to this process or folder ({urls}). {said}"
    return f"No Jupyter server runs on this machine for this user. {said}"


# what the machine tells


def running_servers() -> list[RunningServer]:
    """The user's Jupyter servers that are alive, by the files that they keep while they run.

    One that was killed leaves its file behind, and another process may have its number by now: in
    the next container on the same home, it most likely has.
    """
    from jupyter_core.paths import jupyter_runtime_dir

    found, certain = [], []
    for path in sorted(Path(jupyter_runtime_dir()).glob("jpserver-*.json")):
        try:
            info, written = json.loads(path.read_text()), path.stat().st_mtime
            server = RunningServer(
                url=info["url"],
                token=info.get("token", ""),
                pid=info.get("pid", 0),
                root_dir=info.get("root_dir", ""),
            )
        except (OSError, ValueError, KeyError, TypeError):
            continue
        begun = _begun(server.pid)
        if server.url.startswith(("http://", "https://")) and begun is not None:
            found.append(server)
            certain += [server] * (begun <= written + INEXACT)
    # With a clock that was set forward all files are too old.
    return certain or found


def _begun(pid: int) -> float | None:
    """When a process began, in seconds since the epoch; None when there is none."""
    import psutil

    try:
        return float(psutil.Process(pid).create_time())
    except (psutil.Error, TypeError, ValueError):
        return None


def ancestor_pids() -> list[int]:
    """This process's parents, the nearest one first."""
    import psutil

    try:
        return [each.pid for each in psutil.Process().parents()]
    except psutil.Error:
        return []
