"""Output values become results: each file gets its place, each folder is read for STAC items."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from jupyter_ades.model import JSON
from jupyter_ades.worker.delivery import Layout, Placed, files_in, is_within, safe_path
from jupyter_ades.worker.media import GEOJSON, JSON_TYPE
from jupyter_ades.worker.own_catalog import (
    CATALOG,
    Document,
    as_item,
    documents,
    has_catalog,
    is_elsewhere,
)
from jupyter_ades.worker.stac import OwnItem, job_item_name

log = logging.getLogger(__name__)

#: The media type of a folder, as freedesktop.org names it.
FOLDER = "inode/directory"


@dataclass(kw_only=True)
class Outputs:
    """Turns output values into results, and notes what is to be carried for that."""

    job_id: str
    #: For items of the package that carry no time.
    started: datetime
    #: Whether the package's own STAC items become ours; else they are files like others.
    merging: bool = True
    own: list[OwnItem] = field(default_factory=list)
    #: Folders that are delivered also when they are empty.
    folders: list[str] = field(default_factory=list)
    layout: Layout = field(init=False)
    #: Documents of the package's own catalogs, and the path and media type of what replaces them.
    _replaced: dict[Path, tuple[str, str]] = field(default_factory=dict)
    #: Folders that were left, and their delivered path.
    _placed_folders: dict[Path, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ours = {CATALOG, job_item_name(self.job_id)} if self.merging else set()
        self.layout = Layout(reserved=frozenset(ours))

    def take(self, value: JSON, output: str) -> JSON:
        """An output as ``results.json`` has it."""
        if isinstance(value, list):
            return self._list(value, output)
        if not isinstance(value, dict):
            return value
        match value.get("class"):
            case "File":
                return self._file(value, output)
            case "Directory":
                return self._directory(value, output)
        return {key: self.take(each, output) for key, each in value.items()}

    def place(self, source: Path) -> str | None:
        """A delivered file's or folder's path in the results; None when it is not delivered."""
        real = self.layout.real(source)
        target = self._placed_folders.get(real) or self.layout.target_of(source)
        if real in self._replaced:
            target = self._replaced[real][0]
        return None if target is None else f"wf-{self.job_id}/{target}"

    def _list(self, values: list[JSON], output: str) -> list[JSON]:
        """Files that are not there are left out; a catalog among loose files is read as one."""
        paths = [_path(each) for each in values if isinstance(each, dict)]
        for path in sorted((path for path in paths if path), key=lambda path: len(path.parts)):
            if path.name == CATALOG and path.resolve() not in self._replaced:
                self._merge(path.parent, output)
        taken = [self.take(each, output) for each in values]
        pairs = zip(taken, values, strict=True)
        return [each for each, before in pairs if each is not None or before is None]

    def _link(self, target: str, kind: str) -> dict[str, JSON]:
        return {"href": f"wf-{self.job_id}/{target}", "type": kind}

    def _file(self, value: Mapping[str, JSON], output: str) -> JSON:
        """A link to the file; None when it is not there or leads out of where it was left."""
        path = _path(value)
        if path is None or not is_within(path, self.layout.real(_root(path, value))):
            return None
        if self.layout.real(path) in self._replaced:
            return self._link(*self._replaced[self.layout.real(path)])
        relative = str(value.get("relative") or value.get("basename") or path.name)
        placed = self.layout.add(path, relative, output, value)
        link = self._link(placed.target, placed.media_type)
        beside = [
            self._beside(each, placed, path, output) for each in value.get("secondaryFiles") or []
        ]
        return {**link, "secondaryFiles": beside} if beside else link

    def _beside(self, value: Mapping[str, JSON], first: Placed, path: Path, output: str) -> JSON:
        """A secondary file, in its first file's folder and named after it (``a.bam.bai``)."""
        name = str(value.get("basename") or Path(str(value.get("path"))).name)
        folder, _, called = first.target.rpartition("/")
        name = name.replace(path.stem, Path(called).stem, 1) if path.stem in name else name
        relative = f"{folder}/{name}" if folder else name
        if value.get("class") == "Directory":
            return self._directory({**value, "basename": relative}, output)
        return self._file({**value, "relative": relative}, output)

    def _directory(self, value: Mapping[str, JSON], output: str) -> JSON:
        folder = _path(value)
        if folder is None or not folder.is_dir():
            return None
        wanted = str(value.get("basename") or folder.name)
        if self._merge(folder, output):
            return self._merged(folder, wanted, output)
        name = self.layout.folder(wanted)
        self._place_folders(folder, name)
        for path in files_in(folder):
            self.layout.add(path, f"{name}/{path.relative_to(folder)}", output)
        return self._link(f"{name}/", FOLDER)

    def _place_folders(self, folder: Path, name: str) -> None:
        """Note a folder and those in it, which are delivered also when they are empty."""
        inside = [path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink()]
        for path in [folder, *sorted(inside)]:
            target = safe_path(f"{name}/{path.relative_to(folder)}")
            self._placed_folders[path.resolve()] = f"{target}/"
            if path == folder or not any(path.iterdir()):
                self.folders.append(target)

    def _merge(self, folder: Path, output: str) -> bool:
        """Make the items of a folder's own catalog ours; false when it has none."""
        if not self.merging or not has_catalog(folder):
            return False
        root = folder.resolve()
        for document in documents(folder):
            if not document.is_item:
                self._replaced[document.path.resolve()] = (CATALOG, JSON_TYPE)
            elif document.path.resolve() not in self._replaced:
                self._own_item(document, root, output)
        return True

    def _merged(self, folder: Path, wanted: str, output: str) -> JSON:
        """A link to a merged catalog, or to its one item; files that no item names come along."""
        placed = {each.source for each in self.layout.files}
        inside = [(path, path.resolve()) for path in files_in(folder)]
        loose = [path for path, real in inside if real not in placed | self._replaced.keys()]
        name = self.layout.folder(wanted) if loose else ""
        for path in loose:
            self.layout.add(path, f"{name}/{path.relative_to(folder)}", output)
        items = [self._replaced[real] for _, real in inside if real in self._replaced]
        items = [each for each in items if each[0] != CATALOG]
        return self._link(*(items[0] if len(items) == 1 else (CATALOG, JSON_TYPE)))

    def _own_item(self, document: Document, root: Path, output: str) -> None:
        item = as_item(document, self.started)
        if item is None:
            return
        wanted = safe_path(item.id.replace("/", "_"))
        folder = self.layout.folder(wanted)
        # Numbered when another item of the job has this id.
        item.id += folder.removeprefix(wanted)
        own = OwnItem(item=item, target=self.layout.claim(f"{folder}/{folder}.json"))
        for key, asset in list(item.assets.items()):
            if is_elsewhere(asset.href):
                continue
            path = document.file(asset.href, root)
            if path is None or not path.is_file():
                log.warning("%s has no asset %s: there is no %s", item.id, key, asset.href)
                del item.assets[key]
            else:
                own.files[key] = self.layout.add(path, f"{folder}/{path.name}", output)
        self.own.append(own)
        self._replaced[document.path.resolve()] = (own.target, GEOJSON)


def _path(value: Mapping[str, JSON]) -> Path | None:
    """Where a File or Directory object says that it is."""
    path = value.get("path")
    return Path(path) if isinstance(path, str) else None


def _root(path: Path, value: Mapping[str, JSON]) -> Path:
    """The folder that a file was left in: its links may not lead out of that."""
    above = Path(os.path.abspath(path)).parents
    steps = len(Path(str(value.get("relative") or path.name)).parts)
    return above[min(steps, len(above)) - 1]
