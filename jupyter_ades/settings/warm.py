"""How warm workers are kept, and what CWL's expressions may take."""

from __future__ import annotations

from traitlets import Bool, Float, HasTraits, Int, List, Type, Unicode


class WarmTraits(HasTraits):
    """A part of the extension's traits."""

    warm_workers = Bool(
        True,
        help="Fork the workers of jobs from a process that has imported what they need, instead of"
        " starting a new Python for each; Linux only, elsewhere it says nothing. Default: true.",
    ).tag(config=True)
    warm_imports = List(
        Unicode(),
        ["numpy"],
        help="Modules that kernels of this environment are to find imported already, besides their"
        " own; one that is not installed is left out. Default: ['numpy'].",
    ).tag(config=True)
    warm_at_start = Bool(
        False,
        help="Make workers warm when the server starts (about 100 MB), instead of with the first"
        " job, which then starts cold. Default: false.",
    ).tag(config=True)
    expression_seconds = Float(
        10.0, min=0.1, help="Seconds that one JavaScript expression of CWL may run. Default: 10."
    ).tag(config=True)
    expression_bytes = Int(
        64 * 2**20,
        min=2**20,
        help="Bytes of memory that one JavaScript expression of CWL may take. Default: 64 MiB.",
    ).tag(config=True)
    launcher_class = Type(
        None,
        klass="builtins.object",
        allow_none=True,
        help="Class that starts workers, made without arguments. Default: none, which is this"
        " service's own, as warm_workers says.",
    ).tag(config=True)
