"""Traits by concern; each module is a mixin of :class:`jupyter_ades.app.ADES`."""
