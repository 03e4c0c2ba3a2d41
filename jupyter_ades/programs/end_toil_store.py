"""Removes a job store of Toil's: ``python -m jupyter_ades.programs.end_toil_store LOCATOR``.

By the rights that the environment gives. Exit code 0 when there is none.
"""

from __future__ import annotations

import sys


def main(store: str) -> int:
    """Remove it, with all that is in it."""
    from toil.common import Toil

    Toil.getJobStore(store).destroy()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
