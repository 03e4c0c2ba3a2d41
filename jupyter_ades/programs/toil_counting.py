"""How many steps a job that Toil runs has, as far as the package and its inputs tell."""

from __future__ import annotations

import json
import logging
from argparse import Namespace

from cwltool.context import LoadingContext
from cwltool.load_tool import load_tool
from cwltool.main import setup_schema
from cwltool.workflow import default_make_tool

from jupyter_ades.jobdir import JobDir
from jupyter_ades.orders import WorkOrder
from jupyter_ades.programs.cwl_counting import leaves
from jupyter_ades.programs.cwl_documents import LocalFetcher
from jupyter_ades.runners.cwltool import JOB_ORDER
from jupyter_ades.runners.exported import document_url


def count(order: WorkOrder, job: JobDir) -> int:
    """The leaf steps of a job's package, from its staged inputs."""
    # Toil says what is wrong with a package.
    logging.getLogger("cwltool").setLevel(logging.CRITICAL)
    setup_schema(Namespace(enable_ext=True), None)
    context = LoadingContext(
        {
            "construct_tool_object": default_make_tool,
            "doc_cache": False,
            "disable_js_validation": True,
            "fetcher_constructor": LocalFetcher,
            "skip_schemas": True,
        }
    )
    process = load_tool(document_url(order.process, job.package), context)
    return leaves(process, json.loads((job.work / JOB_ORDER).read_bytes()))
