"""A CWL document as cwltool understands and validates it."""

from __future__ import annotations

import copy
import logging
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from cwltool.context import LoadingContext
from cwltool.errors import WorkflowException
from cwltool.load_tool import (
    default_loader,
    fetch_document,
    make_tool,
    resolve_and_validate_document,
)
from cwltool.main import setup_schema
from cwltool.process import Process as CwlProcess
from cwltool.workflow import Workflow, default_make_tool
from schema_salad.exceptions import SchemaSaladException

from jupyter_ades.errors import InvalidPackage, Problem
from jupyter_ades.model import JSON
from jupyter_ades.packages.cwl_source import Origin, PackageFetcher, clean

RUNNABLE = ("Workflow", "CommandLineTool", "ExpressionTool")


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A process that cwltool accepts."""

    tool: CwlProcess
    #: Its URI, with ``#id`` when it has an id.
    uri: str


def load_document(fetcher: PackageFetcher, origin: Origin) -> dict[str, JSON]:
    """The document's data as written, before anything is resolved."""
    with explained(fetcher, origin):
        _, document, _ = fetch_document(origin.uri, loading_context(fetcher))
    if not isinstance(document, dict):
        kind = "a list" if isinstance(document, list) else "a text"
        raise InvalidPackage(
            f"{clean(origin.uri)} is not CWL: it is {kind}, not a mapping with cwlVersion and "
            "class."
        )
    written = copy.deepcopy(document)
    if written.get("id") == origin.uri:
        # The loader's doing, not the author's.
        del written["id"]
    return written


def load_process(fetcher: PackageFetcher, origin: Origin, identifier: str) -> Loaded:
    """The process with an id (empty: the document's only one), validated with all that it runs."""
    uri = f"{origin.uri}#{identifier}" if identifier else origin.uri
    with explained(fetcher, origin):
        context, document, uri = fetch_document(uri, loading_context(fetcher))
        context, uri = resolve_and_validate_document(context, document, uri)
        return Loaded(tool=make_tool(uri, context), uri=uri)


def loading_context(fetcher: PackageFetcher) -> LoadingContext:
    """How documents are loaded: through the fetcher, and without what would leave it."""
    context = LoadingContext(
        {
            "construct_tool_object": default_make_tool,
            # A disk cache in the user's home, and node or a container for expressions: no.
            "doc_cache": False,
            "disable_js_validation": True,
            "fetcher_constructor": lambda cache, session: fetcher,
            "skip_schemas": True,
        }
    )
    _know_extensions()
    context.loader = default_loader(context.fetcher_constructor, doc_cache=False)
    return context


@cache
def _know_extensions() -> None:
    """Accept cwltool's own extensions: packages use Secrets and CUDARequirement."""
    setup_schema(Namespace(enable_ext=True), None)


def leaves(tool: CwlProcess) -> Iterator[CwlProcess]:
    """The tools that a process runs in the end: itself, or those of its steps."""
    if not isinstance(tool, Workflow):
        yield tool
        return
    for step in tool.steps:
        yield from leaves(step.embedded_tool)


@contextmanager
def explained(fetcher: PackageFetcher, origin: Origin) -> Iterator[None]:
    """Turn what cwltool raises into an InvalidPackage that names lines of the user's file."""
    # Its logger repeats on stderr, with stack traces, what it then raises.
    logging.getLogger("cwltool").setLevel(logging.CRITICAL)
    logging.getLogger("salad").setLevel(logging.CRITICAL)
    try:
        yield
    except RecursionError as error:
        raise InvalidPackage(
            f"{clean(origin.uri)} runs itself, or is nested too deep to be read."
        ) from error
    except (SchemaSaladException, WorkflowException) as error:
        raise fetcher.refusal or _invalid(error, clean(str(error)), origin) from error
    except (AttributeError, LookupError, TypeError, ValueError, AssertionError) as error:
        # cwltool stumbles like this over values of a shape that it did not expect.
        reason = f"cwltool cannot make sense of it ({type(error).__name__}: {clean(str(error))})"
        raise fetcher.refusal or _invalid(error, reason, origin) from error


def _invalid(error: Exception, reason: str, origin: Origin) -> InvalidPackage:
    name = clean(origin.uri)
    problems = tuple(_problems(error, name)) if isinstance(error, SchemaSaladException) else ()
    return InvalidPackage(
        f"{name} is not valid CWL: {reason}", problems or (Problem(path=name, detail=reason),)
    )


def _problems(error: SchemaSaladException, name: str) -> Iterator[Problem]:
    """The innermost reasons, each with its line."""
    if error.children:
        for child in error.children:
            yield from _problems(child, name)
        return
    line, column = error.start or (None, None)
    place = f":{line}:{column}" if line else ""
    yield Problem(path=f"{clean(error.file or name)}{place}", detail=clean(str(error.message)))


def plain(value: Any) -> JSON:
    """Data of a loaded document as plain dicts, lists and scalars."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return cast("JSON", kind(value))
    return str(value)
