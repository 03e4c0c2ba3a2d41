"""cwltool's bundled schemas with its extensions: most of what its start takes."""

from __future__ import annotations

from argparse import Namespace
from functools import cache

from cwltool.main import setup_schema
from cwltool.process import get_schema

VERSIONS = ("v1.0", "v1.1", "v1.2")


@cache
def extend_schemas() -> None:
    """Let cwltool know its extensions; once, as each time it forgets what it has parsed."""
    setup_schema(Namespace(enable_ext=True), None)


def load_schemas() -> None:
    """Parse the schemas of every version of CWL."""
    extend_schemas()
    for version in VERSIONS:
        get_schema(version)
