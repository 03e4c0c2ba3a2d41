"""``python -m jupyter_ades.cli``."""

from __future__ import annotations

from jupyter_ades.cli import main

if __name__ == "__main__":
    main(prog_name="jupyter ades")
