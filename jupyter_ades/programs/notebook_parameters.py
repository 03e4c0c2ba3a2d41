"""Staged inputs as a notebook's parameters, written into its cell by papermill's translators.

A staged file is a text to JSON and to every language, and a ``pathlib.Path`` to Python; a staged
STAC item is a ``pystac.Item`` there. Nothing of ours pastes a value into source.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from papermill.translators import PythonTranslator, papermill_translators

from jupyter_ades.model import JSON, STAGED


class StagedPath(str):
    """The path of a staged file or folder."""

    __slots__ = ()


class StagedItem(str):
    """The path of a staged STAC item's JSON."""

    __slots__ = ()


#: Class to the Python that makes the value of a path, and the module that it needs.
PYTHON: dict[type[str], tuple[str, str]] = {
    StagedPath: ("pathlib.Path({})", "pathlib"),
    StagedItem: ("pystac.Item.from_file({})", "pystac"),
}


def parameters(inputs: Mapping[str, JSON]) -> dict[str, Any]:
    """The staged inputs with each staged reference as a text that knows what it is."""
    return {name: _marked(value) for name, value in inputs.items()}


def _marked(value: JSON) -> JSON:
    if isinstance(value, list):
        return [_marked(item) for item in value]
    if not isinstance(value, dict):
        return value
    if STAGED in value:
        kind = StagedItem if value[STAGED] == "stac-item" else StagedPath
        return kind(value["path"])
    return {key: _marked(item) for key, item in value.items()}


class Translator(PythonTranslator):  # type: ignore[misc]
    """Papermill's Python, with paths and STAC items."""

    @classmethod
    def translate_str(cls, val: str) -> str:
        """A text's Python; a staged one's makes what the notebook expects."""
        text: str = super().translate_str(val)
        call, _ = PYTHON.get(type(val), ("{}", ""))
        return call.format(text)

    @classmethod
    def codify(cls, parameters: Mapping[str, Any], comment: str = "Parameters") -> str:
        """The cell's source, with the imports that its values need."""
        imports = "".join(f"import {module}\n" for module in sorted(_modules(parameters)))
        return f"{imports}{super().codify(parameters, comment)}"

    @classmethod
    def inspect(cls, parameters_cell: object) -> list[object]:
        """Nothing: inputs were checked before, and papermill's own reading drops some."""
        return []


def _modules(value: Any) -> set[str]:
    """The modules that the Python of a value needs."""
    if isinstance(value, Mapping):
        return set().union(*(_modules(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(_modules(item) for item in value))
    return {PYTHON[type(value)][1]} if type(value) in PYTHON else set()


def register(kernel_name: str, language: str) -> None:
    """Use our Python for this kernel when it speaks Python."""
    if language.lower() == "python":
        papermill_translators.register(kernel_name, Translator)
