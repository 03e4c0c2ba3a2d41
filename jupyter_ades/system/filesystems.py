"""Which file system a folder lies on, and whether other machines share it."""

from __future__ import annotations

import os
import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
#: Types on which one machine does not see at once what another one does, or maps into memory.
NETWORK = frozenset(
    (
        *(
            "9p",
            "afs",
            "beegfs",
            "ceph",
            "cifs",
            "coda",
            "davfs",
            "gfs",
            "gfs2",
            "glusterfs",
            "gpfs",
        ),
        *("lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "panfs", "pvfs2", "smb3"),
        *("smbfs", "vboxsf", "wekafs"),
    )
)
#: Of file systems in user space those that are local.
LOCAL_FUSE = frozenset(f"fuse.{name}" for name in ("fuse-overlayfs", "mergerfs", "gocryptfs"))


def type_of(folder: Path) -> str:
    """The type of the file system under a folder, such as ``ext4``; empty off Linux."""
    try:
        lines = MOUNTS.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    place = os.path.realpath(folder)
    best, found = "", ""
    for line in lines:
        mounted, _, described = line.partition(" - ")
        point = _plain(mounted.split()[4])
        # The last one counts of two on one point: it hides the first.
        if _is_below(place, point) and len(point) >= len(best):
            best, found = point, described.split()[0]
    return found


def is_network(kind: str) -> bool:
    """Whether a type is a network file system; one in user space counts as such."""
    return kind in NETWORK or (kind.startswith("fuse.") and kind not in LOCAL_FUSE)


def _is_below(place: str, point: str) -> bool:
    return place == point or place.startswith(point.rstrip("/") + "/")


def _plain(written: str) -> str:
    """A mount point, in which the kernel writes blanks and the like as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), written)
