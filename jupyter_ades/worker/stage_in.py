"""Brings what the inputs refer to into the job directory."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from jupyter_ades.errors import AdesError, UnreachableReference
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JSON, REFERENCE, STAGED, FetchPolicy
from jupyter_ades.orders import WorkOrder
from jupyter_ades.references import check_href, is_remote, shown, user_path
from jupyter_ades.s3.address import is_s3
from jupyter_ades.worker.bringing import Bringer, Wanted
from jupyter_ades.worker.bucket_folder import files_below
from jupyter_ades.worker.cache import open_cache
from jupyter_ades.worker.chaining import unchained
from jupyter_ades.worker.folder_copy import FolderCopy
from jupyter_ades.worker.local_item import (
    LocalItem,
    file_name,
    folders_for,
    last_step,
    safe_name,
    write_catalog,
)
from jupyter_ades.worker.stac_references import Found, ItemFinder, own_place

#: Told after each file: files that are there, files in all, the last one's name.
Tell = Callable[[int, int, str], None]
#: Files fetched at the same time.
PARALLEL = 4
#: Kinds of references that several items may stand for.
_OF_ITEMS = ("directory", "stac-item")


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

    A reference in a list that names several STAC items is replaced by as many. Raises
    RefusedReference and UnreachableReference, which name the input and the href.
    """
    cache = open_cache(order.cache_folder, order.cache_bytes, job.root)
    staging = _Staging(
        order=order,
        bringer=Bringer(order.fetch, cache),
        finder=ItemFinder(order.fetch, order.max_items),
    )
    staging.finder.prepare(list(_documents(list(order.inputs.values()))))
    inputs = {
        input_id: staging.take(value, input_id, job.inputs / (safe_name(input_id) or "input"))
        for input_id, value in order.inputs.items()
    }
    _carry_out(staging.transfers, tell)
    for finish in staging.finishing:
        finish()
    if cache is not None and staging.transfers:
        cache.trim()
    return inputs


def _documents(value: JSON) -> Iterator[str]:
    """Hrefs in inputs that are most likely documents to be read first."""
    if isinstance(value, list):
        for each in value:
            yield from _documents(each)
    elif isinstance(value, dict):
        href = value.get("href")
        if value.get(REFERENCE) in _OF_ITEMS and isinstance(href, str):
            if is_remote(href) and not href.endswith("/"):
                yield href
        else:
            yield from _documents(list(value.values()))


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
    name = f"Input {input_id}: "
    return type(error)(f"{name}{error.detail.removeprefix(name)}", error.problems)


@dataclass(kw_only=True)
class _Staging:
    """What is to be done for all references of a job."""

    order: WorkOrder
    bringer: Bringer
    finder: ItemFinder
    transfers: list[Transfer] = field(default_factory=list)
    #: What can be written only when every file is there.
    finishing: list[Callable[[], None]] = field(default_factory=list)

    @property
    def policy(self) -> FetchPolicy:
        """What hrefs may name."""
        return self.bringer.policy

    def take(self, value: JSON, input_id: str, folder: Path) -> JSON:
        """A value with its references, at any depth, replaced by where they will be."""
        if isinstance(value, list):
            return self._list(value, input_id, folder)
        if not isinstance(value, dict):
            return value
        if REFERENCE in value:
            (one,) = self._references(value, input_id, folder, several=False)
            return one
        return {
            key: self.take(item, input_id, folder / (safe_name(key) or "value"))
            for key, item in value.items()
        }

    def _list(self, values: list[JSON], input_id: str, folder: Path) -> list[JSON]:
        taken: list[JSON] = []
        for number, each in enumerate(values):
            place = folder / str(number)
            if isinstance(each, dict) and REFERENCE in each:
                taken += self._references(each, input_id, place, several=True)
            else:
                taken.append(self.take(each, input_id, place))
        return taken

    def _references(
        self, reference: Mapping[str, JSON], input_id: str, folder: Path, *, several: bool
    ) -> list[JSON]:
        """What a reference is replaced by: one value, or several in a list."""
        try:
            found = unchained(reference, self.order, self.policy)
            if found is not None:
                return self._chained(found, input_id, folder, several=several)
            if several and reference[REFERENCE] in _OF_ITEMS:
                items = self._several(reference, input_id, folder)
                if items is not None:
                    return items
            return [self._reference(reference, input_id, folder)]
        except AdesError as error:
            raise _named(error, input_id) from error

    def _chained(
        self,
        found: Sequence[tuple[Mapping[str, JSON], FetchPolicy]],
        input_id: str,
        folder: Path,
        *,
        several: bool,
    ) -> list[JSON]:
        """Another job's results, brought by the rules of the place where they are."""
        if len(found) != 1 and not several:
            raise UnreachableReference(
                f"{len(found)} files or folders were given where one is expected; name an output"
                " that is one by ades:job/<id>#<output>."
            )
        taken: list[JSON] = []
        for number, (reference, policy) in enumerate(found):
            place = folder if len(found) == 1 else folder / str(number)
            there = replace(
                self,
                bringer=Bringer(policy),
                finder=ItemFinder(policy, self.order.max_items),
            )
            staged = there._references(reference, input_id, place, several=several)
            taken += [{**each, "href": None} for each in staged]
        return taken

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
        self._fetch(Wanted(hrefs=[href], target=target), input_id)
        return target

    def _fetch(self, wanted: Wanted, input_id: str) -> None:
        bring = self.bringer.bring
        self.transfers.append(
            Transfer(label=wanted.target.name, input_id=input_id, run=lambda: bring(wanted))
        )

    def _directory(self, reference: Mapping[str, JSON], input_id: str, folder: Path) -> Path:
        name = safe_name(reference.get("basename", ""))
        href = reference.get("href")
        if href is None and "listing" in reference:
            return self._listed(reference, input_id, folder / (name or "folder"))
        if href is not None and is_s3(href) and self._is_prefix(href):
            target = folder / (name or safe_name(last_step(href)) or "folder")
            self._bucket_folder(f"{href.rstrip('/')}/", input_id, target)
            return target
        source = self._user_folder(href)
        if source is None:
            self._lay_out(self._found(reference), reference, input_id, folder)
            return folder
        target = folder / (name or safe_name(source.name) or "folder")
        run = FolderCopy(href=reference["href"], source=source, target=target, policy=self.policy)
        self.transfers.append(Transfer(label=source.name, input_id=input_id, run=run))
        return target

    def _is_prefix(self, href: str) -> bool:
        """Whether an s3 href names a folder: by its slash, or as no object has this key."""
        if href.endswith("/"):
            return True
        try:
            self.finder.document(href)
        except UnreachableReference as error:
            if "there is no such object" in error.detail:
                return True
            raise
        return False

    def _bucket_folder(self, href: str, input_id: str, target: Path) -> None:
        target.mkdir(parents=True)
        for wanted in files_below(href, target, self.policy):
            wanted.target.parent.mkdir(parents=True, exist_ok=True)
            self._fetch(wanted, input_id)

    def _listed(self, reference: Mapping[str, JSON], input_id: str, folder: Path) -> Path:
        """A folder that a request lists, file by file."""
        folder.mkdir(parents=True, exist_ok=True)
        for each in reference["listing"]:
            self.take(each, input_id, folder)
        return folder

    def _user_folder(self, href: str | None) -> Path | None:
        """The folder that a path names, itself or by its catalog.json; else None."""
        if href is None or is_remote(href):
            return None
        path = user_path(href, self.policy)
        if path.name == "catalog.json" and path.is_file():
            return path.parent
        if not path.exists():
            raise UnreachableReference(f"{shown(href)}: there is no such file in the user folder.")
        return path if path.is_dir() else None

    # STAC items

    def _item(self, reference: Mapping[str, JSON], input_id: str, folder: Path) -> Path:
        found = self._found(reference)
        if len(found) != 1:
            raise UnreachableReference(f"{len(found)} STAC items were given where one is expected.")
        (item,) = self._lay_out(found, reference, input_id, folder)
        return item.path

    def _several(
        self, reference: Mapping[str, JSON], input_id: str, folder: Path
    ) -> list[JSON] | None:
        """A value for each of the items that a reference names; None when it names one thing."""
        href, kind = reference.get("href"), reference[REFERENCE]
        if "listing" in reference or (
            href is not None
            and ((is_s3(href) and self._is_prefix(href)) or self._user_folder(href) is not None)
        ):
            return None
        found = self._found(reference)
        if len(found) < 2:
            return None
        values: list[JSON] = []
        for number, each in enumerate(found):
            place = folder / str(number)
            (item,) = self._lay_out([each], reference, input_id, place)
            path = place if kind == "directory" else item.path
            values.append({STAGED: kind, "path": str(path), "href": href})
        return values

    def _found(self, reference: Mapping[str, JSON]) -> list[Found]:
        """The items that a reference names; UnreachableReference when it names none."""
        document, base = self._document(reference)
        found = self.finder.items(document, base)
        if not found:
            raise UnreachableReference(_no_item(reference, document))
        return found

    def _document(self, reference: Mapping[str, JSON]) -> tuple[Any, str]:
        """The JSON that a reference holds or names, and where it was found; None if not JSON."""
        if "href" in reference:
            return self.finder.document(reference["href"])
        document = reference["value"]
        return document, own_place(document)

    def _lay_out(
        self,
        found: Sequence[Found],
        reference: Mapping[str, JSON],
        input_id: str,
        folder: Path,
    ) -> list[LocalItem]:
        """Lay out items, and queue their assets."""
        only = reference.get("assets") or ()
        items = [
            LocalItem(each.item, each.base, place, only)
            for each, place in zip(found, folders_for(found, folder), strict=True)
        ]
        for item in items:
            item.folder.mkdir(parents=True)
            for wanted in item.wanted():
                self._fetch(wanted, input_id)
            self.finishing.append(item.write)
        self.finishing.append(lambda: write_catalog(folder, items))
        return items


def _own_name(reference: Mapping[str, JSON], kind: str) -> str:
    """What a file or folder is called, which may be less safe than where it is staged."""
    last = last_step(str(reference.get("href") or "")) if kind == "file" else ""
    name = str(reference.get("basename") or "") or last
    return "" if "/" in name or "\x00" in name or name in (".", "..") else name


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
