"""Application packages become processes. Run in a child: ``python -m jupyter_ades.packages``."""
