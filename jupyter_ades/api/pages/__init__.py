"""Pages for people: each resource's document, shown by its template."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader

from jupyter_ades.api.dialect import Links

#: Nothing from elsewhere, and no script but those that a page's template names: the results of jobs
#: are on this server too (docs/decisions/0018-pages.md).
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; connect-src 'self'; img-src 'self' data:;"
    " font-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'self';"
    " form-action 'self'; base-uri 'none'"
)
#: Operation to the template of its page.
TEMPLATES = {
    "getLandingPage": "landing.html",
    "getProcesses": "processes.html",
    "getProcessDescription": "process.html",
    "getJobs": "jobs.html",
    "getStatus": "job.html",
    "getResult": "results.html",
    "getApi": "api.html",
}


def render(operation: str, document: Any, *, links: Links, **more: Any) -> str:
    """The page of a document."""
    template = _environment().get_template(TEMPLATES.get(operation, "document.html"))
    found = document.get("links", []) if isinstance(document, dict) else []
    by_rel = {each["rel"].rpartition("/")[2]: each["href"] for each in reversed(found)}
    return template.render(document=document, links=links, rel=by_rel, **more)


@cache
def _environment() -> Environment:
    loader = PackageLoader("jupyter_ades.api.pages", "templates")
    return Environment(loader=loader, autoescape=True, trim_blocks=True)
