"""A pod as a process of this machine, which sees its volumes where its manifest mounts them.

Its container's image is not fetched: the machine's own programs stand in for every image.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

#: Arguments: the root, the working folder, the machine's folders up to ``--``, then source, target
#: and ``ro`` or ``rw`` of each mount up to ``--``, then the command.
MOUNTED = """set -e
root=$1 here=$2; shift 2
mount -t tmpfs none "$root"
for each in /bin /sbin /lib /lib32 /lib64; do
  if [ -L $each ]; then cp -P $each "$root"; elif [ -d $each ]; then set -- $each "$@"; fi
done
mkdir -p "$root/var" && mkdir -m 1777 "$root/tmp" "$root/var/tmp"
put() {
  if [ -d "$1" ]; then mkdir -p "$root$2"; else mkdir -p "$(dirname "$root$2")"; touch "$root$2"; fi
  mount --rbind "$1" "$root$2"
}
while [ "$1" != -- ]; do put "$1" "$1"; shift; done; shift
while [ "$1" != -- ]; do
  put "$1" "$2"
  if [ "$3" = ro ]; then mount -o remount,bind,ro "$root$2"; fi
  shift 3
done; shift
exec chroot "$root" /bin/sh -c 'cd "$0" && exec "$@"' "$here" "$@"
"""
OWN = ("/usr", "/etc", "/proc", "/dev")
NEEDS = "needs: unshare (util-linux), and the right to make mount namespaces"


def can_mount() -> bool:
    """Whether this user may give a process mounts of its own."""
    if shutil.which("unshare") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        tried = [*_unshare(), "mount", "-t", "tmpfs", "none", folder]
        return subprocess.run(tried, capture_output=True, check=False).returncode == 0


def start(
    pod: Mapping[str, Any],
    *,
    log: Path,
    volumes: Mapping[str, Path],
    environment: Mapping[str, str],
    folders: Sequence[str],
) -> subprocess.Popen[bytes]:
    """Run a pod's container.

    ``volumes`` are claims' and Secrets' folders, by name, and those of host paths that a test has
    elsewhere; ``folders`` are those of the machine that
    every image has besides its programs. A pod whose mounts are all where they are on this machine
    needs none.
    """
    (container,) = pod["spec"]["containers"]
    command = [*container["command"], *container.get("args", ())]
    mounts = list(_mounts(pod, container, volumes))
    if any(source != target for source, target, _ in mounts):
        root = tempfile.mkdtemp(prefix="pod-", dir=log.parent)
        given = [*OWN, *folders, "--", *(word for each in mounts for word in each), "--", *command]
        here = container.get("workingDir") or "/"
        command = [*_unshare(), "sh", "-c", MOUNTED, "sh", root, here, *given]
    with open(log, "ab") as file:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env={**environment, **_variables(pod, container)},
            start_new_session=True,
        )


def end(process: subprocess.Popen[bytes]) -> None:
    """End a pod, with all that its command started, in whatever process groups."""
    for each in members(process):
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
    process.wait()


def members(process: subprocess.Popen[bytes]) -> list[int]:
    """What runs in a pod: its session."""
    found = []
    for each in psutil.pids():
        with suppress(OSError):
            if os.getsid(each) == process.pid:
                found.append(each)
    return found


def _unshare() -> list[str]:
    return ["unshare", *([] if os.getuid() == 0 else ["--map-root-user"]), "--mount"]


def _mounts(
    pod: Mapping[str, Any], container: Mapping[str, Any], volumes: Mapping[str, Path]
) -> Iterator[tuple[str, str, str]]:
    """Source, target and ``ro`` or ``rw``; empty volumes are folders of a root of its own."""
    sources = {each["name"]: _source(each, volumes) for each in pod["spec"].get("volumes") or []}
    for each in container.get("volumeMounts") or []:
        folder = sources[each["name"]]
        if folder is not None:
            source = folder / (each.get("subPath") or "")
            yield str(source), each["mountPath"], "ro" if each.get("readOnly") else "rw"


def _source(volume: Mapping[str, Any], volumes: Mapping[str, Path]) -> Path | None:
    """The folder of a volume; None for an empty one."""
    if volume.get("hostPath"):
        path = volume["hostPath"]["path"]
        return volumes.get(path, Path(path))
    name = (volume.get("persistentVolumeClaim") or {}).get("claimName") or (
        volume.get("secret") or {}
    ).get("secretName")
    return volumes[name] if name else None


def _variables(pod: Mapping[str, Any], container: Mapping[str, Any]) -> dict[str, str]:
    name = {"metadata.name": pod["metadata"]["name"]}
    return {
        each["name"]: each["value"]
        if "value" in each
        else name[each["valueFrom"]["fieldRef"]["fieldPath"]]
        for each in container.get("env") or []
    }
