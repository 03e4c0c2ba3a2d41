"""One run of a CWL document by cwltool's library, as cwltool's command does it.

That command's own ``main`` makes its parser of arguments twice and reads every document anew, which
takes longer than a small job. Its words for what is wrong are kept: runners and tests know them.
"""

from __future__ import annotations

import io
import json
import logging
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TextIO

from cwl_utils.types import CWLObjectType
from cwltool.argparser import arg_parser
from cwltool.context import RuntimeContext
from cwltool.errors import UnsupportedRequirement, WorkflowException
from cwltool.executors import JobExecutor
from cwltool.load_tool import jobloaderctx, make_tool
from cwltool.loghandler import configure_logging, defaultStreamHandler
from cwltool.main import check_working_directories, init_job_order
from cwltool.mutation import MutationManager
from cwltool.process import Process
from cwltool.procgenerator import ProcessGenerator
from cwltool.secrets import SecretStore
from cwltool.stdfsaccess import StdFsAccess
from cwltool.utils import visit_files, visit_files_directories
from schema_salad.exceptions import ValidationException
from schema_salad.ref_resolver import Loader, uri_file_path
from schema_salad.sourceline import strip_dup_lineno

from jupyter_ades.programs.cwl_documents import Document, LocalFetcher
from jupyter_ades.runners.cwltool import UNSUPPORTED

log = logging.getLogger("cwltool")

parser = cache(arg_parser)


@cache
def defaults() -> Mapping[str, Any]:
    """What the command's arguments are when none is given."""
    return vars(parser().parse_args([]))


def listen(handler: logging.Handler) -> None:
    """Let cwltool say what it does to a handler alone."""
    log.removeHandler(defaultStreamHandler)
    log.addHandler(handler)
    logging.getLogger("salad").handlers = log.handlers
    configure_logging(
        handler, no_warnings=False, quiet=False, debug=False, enable_color=False, timestamps=False
    )


def run(
    load: Callable[[], Document],
    order: CWLObjectType,
    *,
    options: Sequence[str],
    make: Callable[..., Process],
    executor: JobExecutor,
    outputs: TextIO,
) -> int:
    """Run what ``load`` gives with a job order; the exit code of cwltool's command.

    ``options`` are the command's; ``make`` makes its processes; what the run gives is written to
    ``outputs`` as JSON.
    """
    arguments = Namespace(**{**defaults(), **vars(parser().parse_args([*options]))})
    process = _load(load, make)
    if process is None:
        return 1
    context = _context(arguments)
    if check_working_directories(context) is not None:
        return 1
    try:
        found, status = _execute(process, order, arguments, context, executor)
    except ValidationException as error:
        log.error("Input object failed validation:\n%s", error)
        return 1
    except WorkflowException as error:
        return _refusal(error)
    except Exception as error:
        log.error("Unhandled error:\n  %s", error)
        return 1
    if found is not None:
        json.dump(_told(found), outputs, ensure_ascii=False, default=str)
    log.log(
        logging.INFO if status == "success" else logging.WARNING,
        "Final process status is %s",
        status,
    )
    return 0 if status == "success" else 1


def _load(load: Callable[[], Document], make: Callable[..., Process]) -> Process | None:
    """The process to be run; None, having said why, when there is none."""
    try:
        document = load()
        context = document.context.copy()
        context.construct_tool_object = make
        return make_tool(document.uri, context)
    except ValidationException as error:
        log.error("Tool definition failed validation:\n%s", error)
    except (RuntimeError, WorkflowException) as error:
        log.error("Tool definition failed initialization:\n%s", error)
    except Exception as error:
        log.error("I'm sorry, I couldn't load this CWL file.\nThe error was: %s", error)
    return None


def _context(arguments: Namespace) -> RuntimeContext:
    context = RuntimeContext(vars(arguments))
    if arguments.cachedir and arguments.move_outputs == "move":
        # A step's outputs stay where another job finds them.
        context.move_outputs = "copy"
    context.basedir = arguments.basedir
    context.secret_store = SecretStore()
    context.make_fs_access = StdFsAccess
    context.validate_only = False
    return context


def _execute(
    process: Process,
    order: CWLObjectType,
    arguments: Namespace,
    context: RuntimeContext,
    executor: JobExecutor,
) -> tuple[CWLObjectType | None, str]:
    if isinstance(process, ProcessGenerator):
        made, status = executor(process.embedded_tool, order, context)
        if not made or status != "success":
            raise WorkflowException("ProcessGenerator failed to generate workflow")
        process, order = process.result(order, made, context)
    begun = init_job_order(
        order,
        arguments,
        process,
        Loader(jobloaderctx.copy(), fetcher_constructor=LocalFetcher),
        io.StringIO(),
        make_fs_access=StdFsAccess,
        input_basedir=arguments.basedir,
        secret_store=context.secret_store,
        runtime_context=context,
    )
    return executor(process, begun, context, logger=log)


def _refusal(error: WorkflowException) -> int:
    if isinstance(error, UnsupportedRequirement):
        log.error("Workflow or tool uses unsupported feature:\n%s", error)
        return UNSUPPORTED
    log.error("Workflow error:\n%s", strip_dup_lineno(str(error)))
    return 1


def _told(outputs: CWLObjectType) -> CWLObjectType:
    """What a run gave, with paths of files in the places of what only cwltool knows of them."""
    visit_files_directories(outputs, _located)
    visit_files(outputs, MutationManager().unset_generation)
    return outputs


def _located(each: Any) -> None:
    for name in ("path", "nameext", "nameroot", "dirname"):
        each.pop(name, None)
    if each["location"].startswith("file://"):
        each["path"] = uri_file_path(each["location"])
