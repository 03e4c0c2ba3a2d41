"""What a job left, to look at: a picture, the footprints, a table of outputs."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from html import escape
from typing import Any

import ipywidgets as widgets

from jupyter_ades.client.display import table
from jupyter_ades.client.errors import ClientError
from jupyter_ades.client.job import Job
from jupyter_ades.client.panel.map import Map

#: Items of a catalog that are read.
MOST = 200


def show_results(job: Job) -> widgets.Widget:
    """A job's quicklook, its items' footprints and their assets; its outputs where there are none.

    Asks the server: to be called beside the kernel's own thread.
    """
    shown: list[widgets.Widget] = []
    picture = job.quicklook()
    if picture is not None:
        shown.append(widgets.HTML(_picture(picture, f"Quicklook of job {job.id}")))
    try:
        items = list(_items(job))
    except ClientError as error:
        outputs = ((escape(name), escape(str(value))) for name, value in job.outputs.items())
        shown.append(widgets.HTML(f"<p>{escape(str(error))}</p>{table(['output', ''], outputs)}"))
        return widgets.VBox(shown)
    shapes = [item.geometry for item in items if item.geometry]
    if shapes:
        shown.append(Map(shapes=shapes, label=f"Map: footprints of {len(shapes)} items"))
    shown.append(widgets.HTML(table(["item", "asset", "type", ""], _rows(items))))
    return widgets.VBox(shown)


def _picture(png: bytes, words: str) -> str:
    """As HTML: the image widget has no words for those who cannot see it."""
    source = f"data:image/png;base64,{b64encode(png).decode()}"
    return f'<img style="max-width: 512px" alt="{escape(words)}" src="{source}">'


def _items(job: Job) -> Iterator[Any]:
    from itertools import islice

    catalog: Any = job.results()
    found = catalog.get_items(recursive=True) if hasattr(catalog, "get_items") else catalog
    return islice(found if not hasattr(found, "assets") else [found], MOST)


def _rows(items: list[Any]) -> Iterator[tuple[str, str, str, str]]:
    for item in items:
        for key, asset in item.assets.items():
            where = asset.get_absolute_href() or asset.href
            yield (
                escape(item.id),
                escape(asset.title or key),
                escape(asset.media_type or ""),
                f"<code>{escape(where)}</code>",
            )
