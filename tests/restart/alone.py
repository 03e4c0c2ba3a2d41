"""A Jupyter server that starts a second sooner than ``python -m jupyter_server``.

Its validator of events compiles a grammar that no test needs.
"""

from __future__ import annotations

from jupyter_ades.late_grammar import late_grammar

with late_grammar():
    from jupyter_server.serverapp import main

if __name__ == "__main__":
    main()
