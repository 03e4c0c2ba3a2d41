"""An OpenAPI 3.0 description of a dialect, made from the table that routes its requests."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from jupyter_ades import __version__
from jupyter_ades.api.ogc.schemas import as_openapi, is_text
from jupyter_ades.api.openapi_schemas import RESPONSE, SCHEMAS, SUBSCRIBER, record, ref
from jupyter_ades.api.operations import JSON_TYPE, Answer, Operation, Parameter, operation_of
from jupyter_ades.model import Process

METHODS = ("get", "post", "put", "patch", "delete")
#: How Jupyter takes a token.
SECURITY = {
    "token": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`token <token>` or `Bearer <token>`; behind a hub one of the hub's.",
    },
    "query": {"type": "apiKey", "in": "query", "name": "token"},
}
#: What any request may be refused with.
ALWAYS = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN)
FORM = Parameter(
    name="f",
    schema={"type": "string", "enum": ["json", "html"]},
    description="The form of the answer, before what `Accept` says.",
)
#: Processes with addresses of their own in the description.
MOST = 100
Schema = dict[str, Any]
Routes = Sequence[tuple[str, type[Any]]]


def openapi(
    title: str, server: str, routes: Routes, processes: Iterable[Process] = (), *, strict: bool
) -> Schema:
    """The description; ``routes`` are the dialect's own, ``server`` is its root's address."""
    paths = {template(path): _path(template(path), handler, strict) for path, handler in routes}
    execution = paths["/processes/{processID}/execution"]
    own = {
        f"/processes/{process.id}/execution": _of_process(execution["post"], process)
        for process in list(processes)[:MOST]
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "version": __version__},
        "servers": [{"url": server}],
        "paths": {**paths, **own},
        "components": {
            "schemas": SCHEMAS,
            "responses": {
                "problem": {
                    "description": "What is wrong, where, and what to do (RFC 7807).",
                    "content": {
                        kind: {"schema": ref("problem")}
                        for kind in (JSON_TYPE, "application/problem+json")
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
    path = path.replace("/processes/([^/]+)", "/processes/{processID}")
    path = path.replace("/jobs/([^/]+)", "/jobs/{jobID}").replace("(.+)", "{path}")
    path = path.replace("/results/([^/]+)", "/results/{outputID}").replace("\\.", ".")
    return path or "/"


def _path(path: str, handler: type[Any], strict: bool) -> Schema:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", path)
    ]
    found = {
        method: _operation(
            _named(said, path), inspect.getdoc(getattr(handler, method)) or "", strict
        )
        for method in METHODS
        if (said := operation_of(handler, method))
    }
    return {**({"parameters": parameters} if parameters else {}), **found}


def _sentence(handler: type[Any], method: str) -> str:
    return (inspect.getdoc(getattr(handler, method)) or "").partition("\n")[0]


def _named(said: Operation, path: str) -> Operation:
    """An operation's own name, where one handler is at two addresses."""
    folder = said.name == "getFile" and "{path}" not in path
    return replace(said, name="getFolder") if folder else said


def _operation(said: Operation, sentence: str, strict: bool) -> Schema:
    pages = said.page and strict
    query = [*said.query, *([FORM] if pages else [])]
    refuses = {*ALWAYS, *said.refuses, *([HTTPStatus.NOT_ACCEPTABLE] if strict else [])}
    problem = {"$ref": "#/components/responses/problem"}
    operation: Schema = {
        "operationId": said.name,
        "summary": sentence,
        "parameters": [_parameter(each) for each in query],
        "responses": {
            **{str(status): _answer(answer, pages) for status, answer in said.answers.items()},
            **{str(int(status)): problem for status in sorted(refuses)},
        },
    }
    if said.body:
        content = {kind: {"schema": _schema(schema)} for kind, schema in said.body.items()}
        operation["requestBody"] = {"content": content, "required": said.name != "rerun"}
    return operation


def _parameter(each: Parameter) -> Schema:
    found = {
        "name": each.name,
        "in": "query",
        "description": each.description,
        "schema": dict(each.schema),
    }
    return {**found, "explode": False} if each.schema.get("type") == "array" else found


def _answer(answer: Answer, page: bool) -> Schema:
    found: Schema = {"description": answer.description}
    if answer.schema is not None:
        kinds = {
            kind: {"schema": _schema(answer.schema) if kind == JSON_TYPE else {}}
            for kind in answer.media_types
        }
        html = {"text/html": {"schema": {"type": "string"}}} if page else {}
        found["content"] = {**kinds, **html}
    if answer.headers:
        found["headers"] = {
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in answer.headers.items()
        }
    return found


def _schema(schema: Any) -> Schema:
    return ref(schema) if isinstance(schema, str) else dict(schema)


# processes


def _of_process(execution: Schema, process: Process) -> Schema:
    """Execution at a process's own address, with its own inputs and outputs."""
    inputs = record(
        tuple(each.id for each in process.inputs if each.required),
        **{each.id: _value_of(as_openapi(each.schema, ogc=False)) for each in process.inputs},
    )
    outputs = record(**{each.id: ref("output") for each in process.outputs})
    body = record(
        ("inputs",) if inputs.get("required") else (),
        inputs={**inputs, "additionalProperties": False},
        outputs={**outputs, "additionalProperties": False, "nullable": True},
        response=RESPONSE,
        subscriber=SUBSCRIBER,
    )
    answers = {**execution["responses"]}
    answers.pop("404", None)
    content = {**answers["200"]["content"], JSON_TYPE: {"schema": _results_of(process)}}
    return {
        "post": {
            **execution,
            "operationId": f"execute-{process.id}",
            "summary": f"Execute {process.title or process.id}.",
            "requestBody": {"content": {JSON_TYPE: {"schema": body}}, "required": True},
            "responses": {**answers, "200": {**answers["200"], "content": content}},
        }
    }


def _value_of(schema: Schema) -> Schema:
    """A value as it is, qualified, or by a link; qualified JSON is taken as the text of it."""
    text = {"anyOf": [schema, {"type": "array", "items": {}}, {"type": "object"}]}
    value = text if is_text(schema) else schema
    return {
        "anyOf": [
            schema,
            record(("value",), value=value, mediaType={"type": "string"}),
            ref("link"),
        ]
    }


def _results_of(process: Process) -> Schema:
    """A map of all outputs, or the one that was asked for."""
    values = {each.id: as_openapi(each.schema, ogc=False) for each in process.outputs}
    qualified = {
        name: {"anyOf": [schema, record(value={}, mediaType={"type": "string"}), ref("link")]}
        for name, schema in values.items()
    }
    return {"anyOf": [record(**qualified), *values.values()]}
