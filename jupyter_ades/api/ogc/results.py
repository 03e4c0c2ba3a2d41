"""Results in the form that the execute request asked for.

OGC 18-062r2, tables 11 and 12, when the request says ``response`` or ``transmissionMode``;
else the 2.0 draft: one output is its value, several are a JSON map, or the 1.0 multipart when
``Accept`` prefers that.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from jupyter_ades.api.dialect import Links
from jupyter_ades.api.negotiation import best
from jupyter_ades.api.replies import Asked, Delivered, Part, Reply
from jupyter_ades.errors import NoSuchOutput
from jupyter_ades.model import JSON, Job
from jupyter_ades.orders import Results

JSON_TYPE = "application/json"
MULTIPART = "multipart/related"
FOLDER = "inode/directory"


class Form:
    """A job's results, and the form that they are wanted in."""

    def __init__(self, job: Job, results: Results, links: Links, files: Delivered) -> None:
        self._job = job
        self._results = results
        self._links = links
        self._files = files

    def reply(self, asked: Asked) -> Reply:
        """The answer; NoSuchOutput for an output that the process does not have."""
        names = self._selected(asked)
        if asked.single:
            return self._single(names[0], asked)
        if self._is_first_edition:
            return self._first_edition(names, asked)
        if not names:
            return Reply()
        if len(names) == 1:
            return self._negotiated(names[0], asked)
        if best((JSON_TYPE, MULTIPART), asked.accept) == MULTIPART:
            return self._raw(names, asked)
        return Reply(document=self.document(names))

    def document(self, names: list[str]) -> dict[str, JSON]:
        """Output id to value: OGC 18-062r2, results.yaml."""
        return {name: self._entry(name) for name in names if self._value(name) is not None}

    # what is asked

    @property
    def _wishes(self) -> dict[str, Any]:
        wishes = self._job.request.outputs or {}
        return {name: wish if isinstance(wish, dict) else {} for name, wish in wishes.items()}

    @property
    def _is_first_edition(self) -> bool:
        """Whether the request speaks the words of 1.0."""
        said = any("transmissionMode" in wish for wish in self._wishes.values())
        return said or self._job.request.response is not None

    def _selected(self, asked: Asked) -> list[str]:
        known = list(self._known)
        if asked.outputs is not None:
            for name in asked.outputs:
                if name not in known:
                    its = ", ".join(known) or "none"
                    raise NoSuchOutput(
                        f"Job {self._job.id} has no output '{name}'; its outputs are {its}."
                    )
            return list(dict.fromkeys(asked.outputs))
        outputs = self._job.request.outputs
        if outputs is None or (not outputs and self._is_first_edition):
            return known
        return [name for name in outputs if name in known]

    @property
    def _known(self) -> Mapping[str, object]:
        declared = {each.id: None for each in self._job.process.outputs}
        return {**declared, **self._results.outputs}

    def _by_reference(self, name: str) -> bool:
        return bool(self._wishes.get(name, {}).get("transmissionMode") == "reference")

    def _by_value(self, name: str) -> bool:
        return bool(self._wishes.get(name, {}).get("transmissionMode") == "value")

    def _value(self, name: str) -> JSON:
        return self._results.outputs.get(name)

    # the forms

    def _first_edition(self, names: list[str], asked: Asked) -> Reply:
        if self._job.request.response == "document":
            return Reply(document=self.document(names))
        return self._raw(names, asked)

    def _raw(self, names: list[str], asked: Asked) -> Reply:
        """One value as it is; several as parts; all by reference as links."""
        given = [name for name in names if self._value(name) is not None]
        pointed = [self._reference(name) for name in given if self._by_reference(name)]
        if len(pointed) == len(given):
            return Reply(references=tuple(pointed))
        if len(names) == 1:
            return Reply(part=self._part(names[0], asked, inside=False))
        return Reply(parts=tuple(self._any_part(name, asked) for name in given))

    def _any_part(self, name: str, asked: Asked) -> Part:
        if self._by_reference(name):
            return self._reference(name)
        return self._part(name, asked, inside=True)

    def _single(self, name: str, asked: Asked) -> Reply:
        if self._value(name) is None:
            raise NoSuchOutput(f"Job {self._job.id} left no value for its output '{name}'.")
        return self._negotiated(name, asked)

    def _negotiated(self, name: str, asked: Asked) -> Reply:
        """One value: as it is, or as JSON for a client that takes nothing else."""
        if self._value(name) is None:
            return Reply()
        part = self._part(name, asked, inside=False)
        offered = (part.media_type.partition(";")[0], JSON_TYPE)
        if best(offered, asked.accept) == JSON_TYPE != offered[0]:
            entry = self._entry(name)
            return Reply(document=entry if isinstance(entry, dict) else {"value": entry})
        return Reply(part=part)

    # values

    def _entry(self, name: str) -> JSON:
        """A value in a document: literals as they are, objects qualified, files as links."""
        value = self._value(name)
        if self._by_reference(name) and not _is_file(value):
            part = self._reference(name)
            return {"href": part.location, "rel": "item", "type": part.media_type}
        if self._by_value(name) and _is_file(value):
            return self._content(value) or self._located(value)
        located = self._located(value)
        if isinstance(located, dict) and not (_is_link(located) or "bbox" in located):
            return {"value": located, "mediaType": JSON_TYPE}
        return located

    def _located(self, value: JSON) -> JSON:
        """A value with the addresses of files in it made absolute."""
        if isinstance(value, list):
            return [self._located(each) for each in value]
        if not isinstance(value, dict):
            return value
        found = {key: self._located(each) for key, each in value.items()}
        if _is_file(value):
            found |= {"href": self._address(value["href"]), "rel": "item"}
        return found

    def _address(self, href: str) -> str:
        return self._links.url("jobs", self._job.id, "files", href)

    def _content(self, value: Mapping[str, JSON]) -> JSON:
        """A file's content as a qualified value; None for a folder and for a large file."""
        data = self._files.content(value["href"])
        if data is None:
            return None
        media_type = str(value.get("type") or "application/octet-stream")
        try:
            text = data.decode()
        except UnicodeDecodeError:
            encoded = base64.b64encode(data).decode()
            return {"value": encoded, "encoding": "base64", "mediaType": media_type}
        return {"value": _parsed(text, media_type), "mediaType": media_type}

    def _part(self, name: str, asked: Asked, *, inside: bool) -> Part:
        """A value as bytes; a file itself, but for folders and catalogs, which stay links."""
        value = self._value(name)
        if _is_file(value) and not str(value["href"]).endswith("/catalog.json"):
            href = value["href"]
            body = self._files.content(href) if inside else self._files.value(href)
            if body is not None:
                media_type = str(value.get("type") or "application/octet-stream")
                return Part(name=name, media_type=media_type, body=body)
            if inside and value.get("type") != FOLDER:
                return self._reference(name)
        located = self._located(value)
        as_text = inside or best(("text/plain", JSON_TYPE), asked.accept) != JSON_TYPE
        if isinstance(located, str) and as_text:
            return Part(name=name, media_type="text/plain; charset=utf-8", body=located.encode())
        body = json.dumps(located, ensure_ascii=False).encode()
        return Part(name=name, media_type=JSON_TYPE, body=body)

    def _reference(self, name: str) -> Part:
        value = self._value(name)
        if _is_file(value):
            media_type = str(value.get("type") or "application/octet-stream")
            return Part(name=name, media_type=media_type, location=self._address(value["href"]))
        media_type = "text/plain" if isinstance(value, str) else JSON_TYPE
        location = self._links.url("jobs", self._job.id, "results", name)
        return Part(name=name, media_type=media_type, location=location)


def _is_link(value: JSON) -> bool:
    return isinstance(value, dict) and isinstance(value.get("href"), str)


def _is_file(value: JSON) -> bool:
    """Whether a value is a delivered file or folder."""
    return _is_link(value) and value["href"].startswith("wf-")


def _parsed(text: str, media_type: str) -> JSON:
    if media_type.partition(";")[0].strip().endswith("json"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
