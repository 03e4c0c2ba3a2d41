"""An OpenAPI 3.0 description of a dialect, made from the table that routes its requests."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from typing import Any

from jupyter_ades import __version__
from jupyter_ades.api.operations import operation_of

METHODS = ("get", "post", "put", "patch", "delete")
#: What a successful request of each kind is answered with, where it is not 200.
CREATED = {("post", "/processes"), ("post", "/jobs/{jobID}/rerun")}
NO_CONTENT = {("put", "/processes/{processID}"), ("delete", "/processes/{processID}")}
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "problems": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"path": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
#: How Jupyter takes a token.
SECURITY = {
    "token": {"type": "apiKey", "in": "header", "name": "Authorization"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "query": {"type": "apiKey", "in": "query", "name": "token"},
}


def openapi(title: str, server: str, routes: Iterable[tuple[str, type[Any]]]) -> dict[str, Any]:
    """The description; ``routes`` are the dialect's own, ``server`` is its root's address."""
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "version": __version__},
        "servers": [{"url": server}],
        "paths": {template(path): _path(template(path), handler) for path, handler in routes},
        "components": {
            "schemas": {"problem": PROBLEM},
            "responses": {
                "problem": {
                    "description": "What is wrong, where, and what to do (RFC 7807).",
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/problem"}}
                    },
                }
            },
            "securitySchemes": SECURITY,
        },
        "security": [{name: []} for name in SECURITY],
    }


def template(pattern: str) -> str:
    """A route's pattern as a path template: ``/jobs/{jobID}/files/{path}``."""
    path = pattern.replace("(?:jobs|execution)", "execution").replace("results?", "results")
    path = path.replace("\\.", ".")
    path = path.replace("/processes/([^/]+)", "/processes/{processID}")
    path = path.replace("/jobs/([^/]+)", "/jobs/{jobID}").replace("(.+)", "{path}")
    return path or "/"


def _path(path: str, handler: type[Any]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", path)
    ]
    found = {
        method: _operation(method, path, inspect.getdoc(getattr(handler, method)) or "")
        for method in METHODS
        if operation_of(handler, method)
    }
    return {**({"parameters": parameters} if parameters else {}), **found}


def _operation(method: str, path: str, sentence: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": sentence.partition("\n")[0],
        "responses": {
            _status(method, path): {"description": "As asked."},
            "default": {"$ref": "#/components/responses/problem"},
        },
    }
    if method in ("post", "put", "patch"):
        operation["requestBody"] = {"content": {"application/json": {"schema": {}}}}
    return operation


def _status(method: str, path: str) -> str:
    makes_a_job = method == "post" and path.startswith("/processes/")
    if makes_a_job or (method, path) in CREATED:
        return "201"
    return "204" if (method, path) in NO_CONTENT else "200"
