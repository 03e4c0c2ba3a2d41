"""What the documents of the API look like, in OpenAPI 3.0's words."""

from __future__ import annotations

from typing import Any

from jupyter_ades.api.dialect import MOST_PRIORITY
from jupyter_ades.api.operations import STATUSES
from jupyter_ades.model import Begin

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
COUNT: Schema = {"type": "integer", "minimum": 0}
ANY: Schema = {}


def ref(name: str) -> Schema:
    """A schema of the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def many(items: Schema) -> Schema:
    """An array."""
    return {"type": "array", "items": items}


def record(required: tuple[str, ...] = (), /, **properties: Schema) -> Schema:
    """An object."""
    found: Schema = {"type": "object", "properties": properties}
    return {**found, "required": list(required)} if required else found


def closed(schema: Schema) -> Schema:
    """An object with no other keys."""
    return {**schema, "additionalProperties": False}


LINK = record(
    ("href",),
    href={"type": "string", "format": "uri-reference", "minLength": 1},
    rel=TEXT,
    type=TEXT,
    title=TEXT,
)
PROBLEM = record(
    ("type", "title", "status", "detail"),
    type=TEXT,
    title=TEXT,
    status={"type": "integer"},
    detail=TEXT,
    problems=many(record(path=TEXT, detail=TEXT)),
)
STATUS_INFO = record(
    ("jobID", "status", "type", "links"),
    jobID={"type": "string", "format": "uuid"},
    id={"type": "string", "format": "uuid"},
    processID=TEXT,
    type={"type": "string", "enum": ["process"]},
    processingEntityType=TEXT,
    status={"type": "string", "enum": list(STATUSES)},
    message=TEXT,
    progress={"type": "integer", "minimum": 0, "maximum": 100},
    created=MOMENT,
    started=MOMENT,
    finished=MOMENT,
    updated=MOMENT,
    pinned={"type": "boolean"},
    runner=TEXT,
    resumes=COUNT,
    bytes=record(jobDirectory=COUNT, results=COUNT),
    links=many(ref("link")),
)
SUMMARY = record(
    ("id", "version"),
    id=TEXT,
    title=TEXT,
    description=TEXT,
    version=TEXT,
    mutable={"type": "boolean"},
    keywords=many(TEXT),
    metadata=many(record(title=TEXT, value=ANY)),
    jobControlOptions=many(
        {"type": "string", "enum": ["sync-execute", "async-execute", "dismiss"]}
    ),
    outputTransmission=many({"type": "string", "enum": ["value", "reference"]}),
    warnings=many(record(path=TEXT, detail=TEXT)),
    links=many(ref("link")),
)
DESCRIBED = record(
    ("schema",),
    title=TEXT,
    description=TEXT,
    minOccurs=COUNT,
    maxOccurs={"oneOf": [COUNT, {"type": "string", "enum": ["unbounded"]}]},
    schema={"type": "object"},
)
FORMAT = record(mediaType=TEXT, encoding=TEXT, schema=ANY)
OUTPUT = record(
    transmissionMode={"type": "string", "enum": ["value", "reference"]}, format=ref("format")
)
#: An address that can be fetched or told, as URLs are written.
HREF: Schema = {"type": "string", "format": "uri"}
SUBSCRIBER = {
    **record(successUri=HREF, inProgressUri=HREF, failedUri=HREF),
    "minProperties": 1,
    "nullable": True,
}
RESPONSE: Schema = {"type": "string", "enum": ["raw", "document", None], "nullable": True}
RUNNER: Schema = {"type": "string", "description": "What carries the job: cwltool, toil, ..."}
EXECUTE = record(
    inputs={"type": "object"},
    outputs={"type": "object", "additionalProperties": ref("output"), "nullable": True},
    response=RESPONSE,
    subscriber=ref("subscriber"),
    runner=RUNNER,
    priority={"type": "integer", "minimum": -MOST_PRIORITY, "maximum": MOST_PRIORITY},
)
UNIT = record(
    href={"type": "string", "description": "An address, or a path in the user folder."},
    value={"oneOf": [{"type": "object"}, TEXT]},
    type=TEXT,
    mediaType=TEXT,
    image=TEXT,
)
PACKAGE = record(
    ("executionUnit",),
    processDescription={"type": "object"},
    executionUnit={"oneOf": [ref("executionUnit"), {**many(ref("executionUnit")), "minItems": 1}]},
    tagParameters={"type": "boolean"},
    runner=RUNNER,
)
COST = record(
    name=TEXT,
    wallSeconds={"type": "number", "minimum": 0},
    cpuSeconds={"type": "number", "minimum": 0},
    peakMemoryBytes=COUNT,
)
STATISTICS = record(
    ("jobID", "steps"),
    jobID=TEXT,
    **{k: v for k, v in COST["properties"].items() if k != "name"},
    bytesStagedIn=COUNT,
    bytesStagedOut=COUNT,
    steps=many(COST),
)
OFFER = record(
    ("name", "kinds", "usable"),
    name=TEXT,
    kinds=many(TEXT),
    usable={"type": "boolean"},
    missing=TEXT,
)
SCHEMAS: dict[str, Schema] = {
    "link": LINK,
    "problem": PROBLEM,
    "format": FORMAT,
    "output": OUTPUT,
    "subscriber": SUBSCRIBER,
    "executionUnit": UNIT,
    "landingPage": record(
        ("links",),
        title=TEXT,
        description=TEXT,
        links=many(ref("link")),
        runners=many(OFFER),
        containerEngines=many(TEXT),
    ),
    "confClasses": record(("conformsTo",), conformsTo=many(TEXT)),
    "health": record(("status", "jobs"), status=TEXT, jobs={"type": "object"}),
    "processSummary": SUMMARY,
    "processList": record(
        ("processes", "links"),
        processes=many(ref("processSummary")),
        links=many(ref("link")),
        numberTotal=COUNT,
    ),
    "process": {
        "allOf": [
            ref("processSummary"),
            record(
                inputs={"type": "object", "additionalProperties": DESCRIBED},
                outputs={"type": "object", "additionalProperties": DESCRIBED},
            ),
        ]
    },
    "statusInfo": STATUS_INFO,
    "jobList": record(
        ("jobs", "links"),
        jobs=many(ref("statusInfo")),
        links=many(ref("link")),
        numberTotal=COUNT,
    ),
    "execute": EXECUTE,
    "results": ANY,
    "request": record(
        ("processID", "inputs"), processID=TEXT, inputs={"type": "object"}, hidden=many(TEXT)
    ),
    "exceptions": record(("exceptions",), jobID=TEXT, status=TEXT, exceptions=many(ref("problem"))),
    "statistics": STATISTICS,
    "pin": closed(record(("pinned",), pinned={"type": "boolean"})),
    "rerun": record(
        inputs={"type": "object"},
        runner=RUNNER,
        **{"from": {"type": "string", "enum": [str(each) for each in Begin]}},
    ),
    "ogcapppkg": PACKAGE,
}
