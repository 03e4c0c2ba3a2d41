"""Brings what the inputs refer to into the job directory."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_ades.errors import AdesError, UnreachableReference
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JSON, REFERENCE, STAGED, FetchPolicy, WorkOrder
from jupyter_ades.references import check_href, is_web, shown, user_path
from jupyter_ades.worker.folder_copy import FolderCopy
from jupyter_ades.worker.local_item import (
    LocalItem,
    file_name,
    folders_for,
    items_of,
    last_step,
    safe_name,
    write_catalog,
)

#: Told after each file: files that are there, files in all, the last one's name.
Tell = Callable[[int, int, str], None]
#: Files fetched at the same time.
PARALLEL = 4


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """One file, or folder, to bring in."""

    #: Its name, for people.
    label: str
    #: The input that wants it.
    input_id: str
    run: Callable[[], object]


def stage_in(order: WorkOrder, job: JobDir, tell: Tell) -> dict[str, JSON]:
    """The inputs with each reference fetched and replaced by its path below ``inputs/``.

    Raises RefusedReference and UnreachableReference, which name the input and the href.
    """
    staging = _Staging(order.fetch)
    inputs = {
        input_id: staging.take(value, input_id, job.inputs / (safe_name(input_id) or "input"))
        for input_id, value in order.inputs.items()
    }
    _carry_out(staging.transfers, tell)
    for finish in staging.finishing:
        finish()
    return inputs


def _carry_out(transfers: Sequence[Transfer], tell: Tell) -> None:
    """Run the transfers side by side; the first failure ends it."""
    if not transfers:
        return
    from concurrent.futures import ThreadPoolExecutor, as_completed

    pool = ThreadPoolExecutor(PARALLEL, thread_name_prefix="stage-in")
    try:
        running = {pool.submit(_run, transfer): transfer for transfer in transfers}
        tell(0, len(transfers), transfers[0].label)
        for done, future in enumerate(as_completed(running), start=1):
            future.result()
            tell(done, len(transfers), running[future].label)
    finally:
        # Not waited for: a download that hangs must not hold a failure or a dismissal.
        pool.shutdown(wait=False, cancel_futures=True)


def _run(transfer: Transfer) -> None:
    try:
        transfer.run()
    except AdesError as error:
        raise _named(error, transfer.input_id) from error


def _named(error: AdesError, input_id: str) -> AdesError:
    return type(error)(f"Input {input_id}: {error.detail}", error.problems)


@dataclass
class _Staging:
    """What is to be done for all references of a job."""

    policy: FetchPolicy
    transfers: list[Transfer] = field(default_factory=list)
    #: What can be written only when every file is there.
    finishing: list[Callable[[], None]] = field(default_factory=list)

    def take(self, value: JSON, input_id: str, folder: Path) -> JSON:
        """A value with its references, at any depth, replaced by where they will be."""
        if isinstance(value, list):
            return [self.take(item, input_id, folder / str(n)) for n, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if REFERENCE in value:
            try:
                return self._reference(value, input_id, folder)
            except AdesError as error:
                raise _named(error, input_id) from error
        return {
            key: self.take(item, input_id, folder / (safe_name(key) or "value"))
            for key, item in value.items()
        }

    def _reference(self, reference: Mapping[str, JSON], input_id: str, folder: Path) -> JSON:
        kind = reference[REFERENCE]
        stage = {"file": self._file, "directory": self._directory, "stac-item": self._item}[kind]
        path = stage(reference, input_id, folder)
        staged = {STAGED: kind, "path": str(path), "href": reference.get("href")}
        said = {key: reference[key] for key in ("class", "format") if key in reference}
        name = _own_name(reference, kind)
        if name and name != path.name:
            said["basename"] = name
        beside = reference.get("secondaryFiles")
        if beside:
            said["secondaryFiles"] = [self.take(each, input_id, path.parent) for each in beside]
        return {**staged, **said}

    def _file(self, reference: Mapping[str, JSON], input_id: str, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        if "href" not in reference:
            path = folder / (safe_name(reference.get("basename", "")) or "value.json")
            text = reference.get("contents")
            text = json.dumps(reference["value"]) if text is None else text
            encoded = reference.get("encoding") == "base64"
            path.write_bytes(b64decode(text) if encoded else text.encode())
            return path
        href = reference["href"]
        check_href(href, self.policy)
        target = folder / (safe_name(reference.get("basename", "")) or file_name(href))
        self._fetch(href, target, input_id)
        return target

    def _fetch(self, href: str, target: Path, input_id: str) -> None:
        def run() -> None:
            from jupyter_ades.fetch import fetch

            fetch(href, target, self.policy)
            if not is_web(href):
                _keep_executable(user_path(href, self.policy), target)

        self.transfers.append(Transfer(label=target.name, input_id=input_id, run=run))

    def _directory(self, reference: Mapping[str, JSON], input_id: str, folder: Path) -> Path:
        name = safe_name(reference.get("basename", ""))
        if "href" not in reference and "listing" in reference:
            return self._listed(reference, input_id, folder / (name or "folder"))
        source = self._user_folder(reference.get("href"))
        if source is None:
            self._items(reference, input_id, folder)
            return folder
        target = folder / (name or safe_name(source.name) or "folder")
        run = FolderCopy(href=reference["href"], source=source, target=target, policy=self.policy)
        self.transfers.append(Transfer(label=source.name, input_id=input_id, run=run))
        return target

    def _listed(self, reference: Mapping[str, JSON], input_id: str, folder: Path) -> Path:
        """A folder that a request lists, file by file."""
        folder.mkdir(parents=True, exist_ok=True)
        for each in reference["listing"]:
            self.take(each, input_id, folder)
        return folder

    def _user_folder(self, href: str | None) -> Path | None:
        """The folder that a path names, itself or by its catalog.json; else None."""
        if href is None or is_web(href):
            return None
        path = user_path(href, self.policy)
        if path.name == "catalog.json" and path.is_file():
            return path.parent
        if not path.exists():
            raise UnreachableReference(f"{shown(href)}: there is no such file in the user folder.")
        return path if path.is_dir() else None

    def _item(self, reference: Mapping[str, JSON], input_id: str, folder: Path) -> Path:
        items = self._items(reference, input_id, folder)
        if len(items) != 1:
            raise UnreachableReference(f"{len(items)} STAC items were given where one is expected.")
        return items[0].path

    def _items(self, reference: Mapping[str, JSON], input_id: str, folder: Path) -> list[LocalItem]:
        """Lay out the items that a reference names, and queue their assets."""
        document, base = self._document(reference)
        found = items_of(document)
        if not found:
            raise UnreachableReference(_no_item(reference, document))
        items = [
            LocalItem(item, base or _own_place(item), place)
            for item, place in zip(found, folders_for(found, folder), strict=True)
        ]
        for item in items:
            item.folder.mkdir(parents=True)
            for href, target in item.wanted():
                self._fetch(href, target, input_id)
            self.finishing.append(item.write)
        self.finishing.append(lambda: write_catalog(folder, items))
        return items

    def _document(self, reference: Mapping[str, JSON]) -> tuple[Any, str]:
        """The JSON that a reference holds or names, and where it was found; None if not JSON."""
        if "href" not in reference:
            return reference["value"], ""
        from jupyter_ades.fetch import fetch_bytes

        data, _, url = fetch_bytes(reference["href"], self.policy)
        try:
            return json.loads(data), url
        except ValueError:
            return None, url


def _keep_executable(source: Path, target: Path) -> None:
    """Let a copied script be run as the first one can be."""
    bits = source.stat().st_mode & 0o111
    if bits:
        target.chmod(target.stat().st_mode | bits)


def _own_name(reference: Mapping[str, JSON], kind: str) -> str:
    """What a file or folder is called, which may be less safe than where it is staged."""
    last = last_step(str(reference.get("href") or "")) if kind == "file" else ""
    name = str(reference.get("basename") or "") or last
    return "" if "/" in name or "\x00" in name or name in (".", "..") else name


def _own_place(item: Mapping[str, Any]) -> str:
    """The URL that an item given by value says to be at; empty when it says none."""
    links = item.get("links")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("rel") == "self" and is_web(str(link.get("href"))):
            return str(link["href"])
    return ""


def _no_item(reference: Mapping[str, JSON], document: Any) -> str:
    what = shown(reference["href"]) if "href" in reference else "The value"
    kind = document.get("type") if isinstance(document, dict) else None
    if document is None:
        kind = "not JSON"
    found = f" (it is {kind})" if isinstance(kind, str) else ""
    return (
        f"{what} is neither a STAC item nor a folder in the user folder{found};"
        " give a STAC item (GeoJSON with assets), a search result of items, or a folder's path."
    )
