"""Notebooks as application packages: the cell tagged ``parameters`` is the contract."""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from collections.abc import Iterator
from itertools import chain, count
from pathlib import Path
from typing import Any

from jupyter_ades.errors import InvalidPackage, Problem
from jupyter_ades.model import JSON, RESUME, RUNNER, FetchPolicy, Process
from jupyter_ades.packages.base import Package
from jupyter_ades.packages.identity import slug
from jupyter_ades.packages.notebook_cells import TAG, read_contract
from jupyter_ades.packages.notebook_files import bring_files
from jupyter_ades.packages.notebook_metadata import read_resources, with_secrets
from jupyter_ades.packages.notebook_outputs import read_outputs
from jupyter_ades.packages.notebook_text import title_and_description

MEDIA_TYPE = "application/x-ipynb+json"
#: How kernels' names begin, to their languages, for notebooks that do not name theirs.
USUAL = {"ir": "r", "bash": "bash", "julia": "julia"}
#: The kernel of a notebook that names none.
USUAL_KERNEL = "python3"


class NotebookReader:
    """Reads a Jupyter notebook."""

    kind = "notebook"
    media_types = (MEDIA_TYPE,)
    suffixes = (".ipynb",)

    def recognises(self, data: bytes) -> bool:
        """Whether it says which version of nbformat it is."""
        return data.lstrip().startswith(b"{") and b'"nbformat"' in data

    def read(
        self, package: Package, folder: Path, fetch: FetchPolicy, kernels: tuple[str, ...]
    ) -> Process:
        """The process of a notebook; ``folder`` gets the notebook as it was deployed."""
        text = _decode(package)
        book = _load(text, package.label)
        kernel = _kernel(book, kernels)
        ades = _mapping(book.metadata.get("ades"))
        language = _language(book, kernel)
        contract = read_contract(book, language, tag_parameters=package.tag_parameters)
        bring_files(package, ades.get("files"), folder, fetch)
        entry = _entry(package.name, folder)
        text = text if contract.tagging is None else _tagged(book, contract.tagging)
        (folder / entry).write_text(text, encoding="utf-8")
        title, description = title_and_description(_markdown(book))
        stated = _text(book.metadata.get("title"))
        return Process(
            id="",
            alias=_bare_id(_text(ades.get("id")), stated, title, package),
            version=_text(ades.get("version")),
            title=title or stated or Path(package.name).stem,
            description=description,
            keywords=_texts(ades.get("keywords")),
            inputs=with_secrets(contract.inputs, ades.get("secrets")),
            outputs=read_outputs(ades.get("outputs"), MEDIA_TYPE),
            metadata=tuple(_authors(book.metadata.get("authors"))),
            kind=self.kind,
            runner="papermill",
            sync=ades.get("sync") is True,
            resources=read_resources(ades.get("resources")),
            entry=entry,
            details={
                "kernel": kernel,
                "language": language,
                **({RUNNER: asked} if (asked := _text(ades.get("runner"))) else {}),
                **({RESUME: ades["resume"]} if isinstance(ades.get("resume"), bool) else {}),
            },
            media_type=MEDIA_TYPE,
            warnings=contract.warnings,
        )


# reading


def _decode(package: Package) -> str:
    try:
        return package.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _invalid(package.label, f"byte {error.start} is not UTF-8", "") from error


def _load(text: str, name: str) -> Any:
    """The notebook as nbformat 4."""
    # Parsing the schemas takes a moment that readers of other kinds need not spend.
    import nbformat

    raw = _parse(text, name)
    if not isinstance(raw, dict) or not isinstance(raw.get("nbformat"), int):
        raise _invalid(name, "it is not a notebook: it has no nbformat", "nbformat")
    try:
        with warnings.catch_warnings():
            # Cells without ids are common and do no harm.
            warnings.simplefilter("ignore")
            book = nbformat.reads(text, as_version=4)
            nbformat.validate(book)
    except nbformat.ValidationError as error:
        path = ".".join(str(step) for step in error.absolute_path)
        raise _invalid(name, f"it is not a valid notebook: {error.message[:300]}", path) from error
    except (AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        reason = f"nbformat {raw['nbformat']} cannot be read ({error})"
        raise _invalid(name, reason, "nbformat") from error
    return book


def _parse(text: str, name: str) -> JSON:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _invalid(name, f"it is not JSON: {error.msg}", where) from error
    except RecursionError as error:
        raise _invalid(name, "it is nested too deep", "") from error


def _invalid(name: str, reason: str, where: str) -> InvalidPackage:
    place = f" ({where})" if where else ""
    return InvalidPackage(
        f"{name}: {reason}{place}.", (Problem(path=where or name, detail=f"{reason}."),)
    )


def _kernel(book: Any, kernels: tuple[str, ...]) -> str:
    named = _text(_mapping(book.metadata.get("kernelspec")).get("name"))
    kernel = named or USUAL_KERNEL
    if kernel in kernels:
        return kernel
    missing = (
        f"The notebook's kernel '{kernel[:100]}' is not installed"
        if named
        else f"The notebook names no kernel, and '{USUAL_KERNEL}' is not installed"
    )
    installed = ", ".join(sorted(kernels)) or "none"
    detail = f"{missing}; installed are: {installed}."
    raise InvalidPackage(detail, (Problem(path="metadata.kernelspec.name", detail=detail),))


def _language(book: Any, kernel: str) -> str:
    """As the notebook says, else as its kernel is usually called."""
    spec, info = (_mapping(book.metadata.get(key)) for key in ("kernelspec", "language_info"))
    usual = next((each for name, each in USUAL.items() if kernel.startswith(name)), "python")
    return (_text(spec.get("language")) or _text(info.get("name")) or usual).lower()


def _tagged(book: Any, place: int) -> str:
    """The notebook with this cell tagged as its parameters."""
    metadata = book.cells[place].metadata
    metadata["tags"] = [*(metadata.get("tags") or []), TAG]
    return json.dumps(book, ensure_ascii=False, indent=1)


def _markdown(book: Any) -> Iterator[str]:
    return (cell.source for cell in book.cells if cell.cell_type == "markdown")


# naming


def _bare_id(stated: str, title: str, heading: str, package: Package) -> str:
    """The first of these that leaves something of itself in a URL."""
    for candidate in (stated, title, heading, Path(package.name).stem):
        if slug(candidate):
            return slug(candidate)
    return f"notebook-{hashlib.sha256(package.data).hexdigest()[:8]}"


def _entry(name: str, folder: Path) -> str:
    """The notebook's own file name where it is safe on any file system and in any URL."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(name).stem).strip(".-")[:100] or "notebook"
    # A file that came along may have this very name.
    names = chain([f"{safe}.ipynb"], (f"{safe}_{number}.ipynb" for number in count(2)))
    return next(each for each in names if not (folder / each).exists())


def _authors(value: JSON) -> Iterator[dict[str, JSON]]:
    """nbformat's own ``metadata.authors``: a list of mappings with a name."""
    for each in value if isinstance(value, list) else []:
        author = dict(each) if isinstance(each, dict) else {"name": _text(each)}
        yield {"title": "author", "role": "https://schema.org/author", "value": author}


def _mapping(value: JSON) -> dict[str, JSON]:
    return value if isinstance(value, dict) else {}


def _text(value: JSON) -> str:
    return str(value).strip() if isinstance(value, (str, int, float)) else ""


def _texts(value: JSON) -> tuple[str, ...]:
    return tuple(each for each in map(_text, value if isinstance(value, list) else []) if each)
