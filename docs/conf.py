"""How the documentation is built: ``make docs``."""

from __future__ import annotations

import jupyter_ades

project = "jupyter_ades"
author = "jupyter_ades contributors"
release = jupyter_ades.__version__
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
exclude_patterns = ["_build"]
