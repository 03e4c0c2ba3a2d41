"""Sends a reply: documents, single values, files as streams, several values as multipart/related.

The parts are written by urllib3, which is here already and keeps bytes as they are: the standard
library's ``email`` re-encodes binary parts, and requests-toolbelt (last release 2023) adds nothing
to what it takes from urllib3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from pathlib import Path

from jupyter_ades.api.base import AdesHandler
from jupyter_ades.api.bucket_files import beside
from jupyter_ades.api.dialect import RESULTS
from jupyter_ades.api.replies import Part, Reply

#: Bytes of a file that are sent at a time.
CHUNK = 256 * 1024


async def send(handler: AdesHandler, reply: Reply) -> None:
    """Answer with a reply."""
    if reply.document is not None:
        handler.answer(reply.document)
    elif reply.part is not None:
        await _send_part(handler, reply.part)
    elif reply.parts:
        body, media_type = await beside(multipart, reply.parts)
        handler.sandbox()
        handler.finish(body, set_content_type=media_type)
    else:
        for each in reply.references:
            handler.add_header("Link", as_link(each))
        handler.set_status(HTTPStatus.NO_CONTENT)
        handler.finish()


def as_link(part: Part) -> str:
    """A value that is only pointed at, as a ``Link`` header (RFC 8288)."""
    return f'<{part.location}>; rel="{RESULTS}"; type="{part.media_type}"; title="{part.name}"'


async def _send_part(handler: AdesHandler, part: Part) -> None:
    handler.sandbox()
    if not isinstance(part.body, Path):
        handler.finish(part.body, set_content_type=part.media_type)
        return
    handler.set_header("Content-Type", part.media_type)
    chunks = _chunks(part.body)
    while chunk := await beside(next, chunks, b""):
        handler.write(chunk)
        await handler.flush()
    handler.finish(set_content_type=part.media_type)


def _chunks(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def multipart(parts: Sequence[Part]) -> tuple[bytes, str]:
    """Several values as one body and its media type: each with its output's id as Content-ID."""
    from urllib3.fields import RequestField
    from urllib3.filepost import encode_multipart_formdata

    fields = []
    for part in parts:
        content = part.body if isinstance(part.body, bytes) else b""
        headers = {"Content-Type": part.media_type, "Content-ID": f"<{part.name}>"}
        if part.location:
            headers["Content-Location"] = part.location
        fields.append(RequestField(name=part.name, data=content, headers=headers))
    body, media_type = encode_multipart_formdata(fields)
    boundary = media_type.partition("boundary=")[2]
    return body, f'multipart/related; boundary="{boundary}"; start="<{parts[0].name}>"'
