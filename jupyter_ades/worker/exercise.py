"""Does once what each job does, in a fork server, so that what it takes is there for every fork.

Imported for that alone.
"""

from __future__ import annotations

import mimetypes
from datetime import UTC, datetime

import pystac

_item = pystac.Item(
    id="none", geometry=None, bbox=None, datetime=datetime(2000, 1, 1, tzinfo=UTC), properties={}
)
_item.to_dict()
# Looks for the extensions that are installed, which reads the metadata of every distribution.
pystac.EXTENSION_HOOKS.get_extended_object_links(_item)
mimetypes.init()
