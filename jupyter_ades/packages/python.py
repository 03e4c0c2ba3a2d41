"""Typed Python functions as processes: from their source, nothing is imported or run.

A function's parameters are the inputs, its annotation of what it returns the output, or the outputs
when that is a TypedDict of the same module; the docstring says what each is for.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from jupyter_ades.errors import InvalidPackage
from jupyter_ades.model import JSON, STAGE_IN, Input, Output, Process
from jupyter_ades.packages.notebook_types import NotData, annotated, dotted, infer, literal, spelled
from jupyter_ades.packages.schemas import Schema, file_link

#: The output of a function whose annotation names no others.
RESULT = "result"
SOURCE_TYPE = "text/x-python"


@dataclass(frozen=True, kw_only=True)
class Source:
    """A function, by the entry point that names it."""

    #: The process's id.
    name: str
    #: ``module:function``.
    entry_point: str
    #: Of the distribution that brings it.
    version: str
    #: The module's text.
    text: str


def read_function(source: Source) -> Process:
    """The process of a function; InvalidPackage when it is none, or its inputs have no names."""
    tree = _tree(source)
    module, _, attribute = source.entry_point.partition(":")
    function = _function(tree, attribute)
    if function is None:
        raise InvalidPackage(f"{module} has no function '{attribute}' ({source.name}).")
    doc = _Doc(ast.get_docstring(function) or "")
    reader = _Reader(_constants(tree), tree)
    return Process(
        id=source.name,
        alias=source.name,
        version=source.version,
        title=doc.title or source.name,
        description=doc.description,
        inputs=tuple(reader.inputs(function, doc)),
        outputs=tuple(reader.outputs(function, doc)),
        kind="python",
        runner="python",
        entry=source.entry_point,
        media_type=SOURCE_TYPE,
        mutable=False,
        sync=True,
    )


def _tree(source: Source) -> ast.Module:
    try:
        return ast.parse(source.text)
    except (SyntaxError, ValueError) as error:
        raise InvalidPackage(f"{source.entry_point} is not valid Python: {error}.") from error


def _function(tree: ast.Module, name: str) -> ast.FunctionDef | None:
    found = (each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == name)
    return next(found, None)


def _constants(tree: ast.Module) -> dict[str, JSON]:
    """Names that the module gives plain values to: schemas for ``Annotated``."""
    found = {}
    for each in tree.body:
        if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name):
            try:
                found[each.targets[0].id] = literal(each.value)
            except NotData:
                continue
    return found


class _Doc:
    """What a docstring says, in any of the styles that are in use."""

    def __init__(self, text: str) -> None:
        # Here, as it is read once for each version of a function.
        from docstring_parser import parse

        said = parse(text)
        self.title = (said.short_description or "").rstrip(".")
        self.description = said.long_description or said.short_description or ""
        self.inputs = {each.arg_name: each.description or "" for each in said.params}
        self.returns = said.returns.description or "" if said.returns else ""


class _Reader:
    def __init__(self, constants: Mapping[str, JSON], tree: ast.Module) -> None:
        self._constants = constants
        self._tree = tree

    def inputs(self, function: ast.FunctionDef, doc: _Doc) -> list[Input]:
        """The parameters, in their order."""
        arguments = function.args
        if arguments.posonlyargs or arguments.vararg or arguments.kwarg:
            raise InvalidPackage(f"{function.name}: every parameter must be one with a name.")
        first = len(arguments.args) - len(arguments.defaults)
        defaults: list[ast.expr | None] = [None] * first + list(arguments.defaults)
        pairs = [
            *zip(arguments.args, defaults, strict=True),
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ]
        return [self._input(argument, default, doc) for argument, default in pairs]

    def _input(self, argument: ast.arg, default: ast.expr | None, doc: _Doc) -> Input:
        schema = self.schema(argument.annotation)
        if default is not None:
            schema = _with_default(schema, default)
        return Input(
            id=argument.arg,
            description=doc.inputs.get(argument.arg, ""),
            schema=schema,
            required=default is None,
            package_type=_spelled(argument.annotation),
        )

    def outputs(self, function: ast.FunctionDef, doc: _Doc) -> list[Output]:
        """The fields of a TypedDict, else one output."""
        fields = self._fields(function.returns)
        if fields is None:
            schema = _given(self.schema(function.returns))
            return [Output(id=RESULT, description=doc.returns, schema=schema)]
        return [
            Output(
                id=name,
                description=doc.inputs.get(name, ""),
                schema=_given(self.schema(annotation)),
                package_type=_spelled(annotation),
            )
            for name, annotation in fields.items()
        ]

    def _fields(self, annotation: ast.expr | None) -> dict[str, ast.expr] | None:
        name = dotted(annotation) if annotation else ""
        for each in self._tree.body:
            if isinstance(each, ast.ClassDef) and each.name == name and _is_typed_dict(each):
                return {
                    field.target.id: field.annotation
                    for field in each.body
                    if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
                }
        return None

    def schema(self, annotation: ast.expr | None) -> Schema:
        """The schema of an annotation; what ``Annotated`` adds as an object goes before it."""
        if annotation is None:
            return {}
        if isinstance(annotation, ast.BinOp) and _is_none(annotation.right):
            return self.schema(annotation.left)
        if isinstance(annotation, ast.Subscript) and dotted(annotation.value) == "Annotated":
            return self._annotated(annotation)
        return annotated(annotation)

    def _annotated(self, annotation: ast.Subscript) -> Schema:
        parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else []
        said = [value for part in parts[1:] if isinstance(value := self._literal(part), dict)]
        if not said:
            return annotated(annotation)
        more = said[0]
        # One that names what a value is says all; a bound is beside the type.
        whole = {"oneOf", "anyOf", "allOf", "enum", "type"} & more.keys()
        return dict(more) if whole else {**annotated(parts[0]), **more}

    def _literal(self, node: ast.expr) -> object:
        if isinstance(node, ast.Name):
            return self._constants.get(node.id)
        try:
            return literal(node)
        except NotData:
            return None


def _is_typed_dict(each: ast.ClassDef) -> bool:
    return any(dotted(base).rpartition(".")[2] == "TypedDict" for base in each.bases)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _spelled(annotation: ast.expr | None) -> str:
    """An annotation as people read it: without what only says how it is checked."""
    if annotation is None:
        return ""
    if isinstance(annotation, ast.BinOp) and _is_none(annotation.right):
        return _spelled(annotation.left)
    if isinstance(annotation, ast.Subscript) and dotted(annotation.value) == "Annotated":
        parts = annotation.slice
        return _spelled(parts.elts[0] if isinstance(parts, ast.Tuple) else parts)
    return spelled(annotation)


def _with_default(schema: Schema, default: ast.expr) -> Schema:
    """None stands for an input that may be left out, not for a value."""
    try:
        value = literal(default)
    except NotData:
        return schema
    if value is None:
        return schema
    return {**(schema or infer(value)), "default": value}


def _given(schema: Schema) -> Schema:
    """What an output is: a file that is given is a link to it."""
    return file_link() if STAGE_IN in schema else schema
