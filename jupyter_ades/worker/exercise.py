"""Does once what each job does, in a fork server, so that what it takes is there for every fork.

Imported for that alone.
"""

from __future__ import annotations

import mimetypes
from datetime import UTC, datetime

import msgspec
import pystac

from jupyter_ades.costs import Statistics
from jupyter_ades.orders import Ran, Results, WorkerStatus, WorkOrder
from jupyter_ades.system.identity import Worker
from jupyter_ades.worker.provenance import know_version

_item = pystac.Item(
    id="none", geometry=None, bbox=None, datetime=datetime(2000, 1, 1, tzinfo=UTC), properties={}
)
_item.to_dict()
# Looks for the extensions that are installed, which reads the metadata of every distribution.
pystac.EXTENSION_HOOKS.get_extended_object_links(_item)
mimetypes.init()
for _kind in (WorkOrder, WorkerStatus, Results, Ran, Statistics, Worker):
    # Looks at the fields of each record.
    msgspec.json.Decoder(_kind)
for _name in ("cwltool", "papermill"):
    know_version(_name)
