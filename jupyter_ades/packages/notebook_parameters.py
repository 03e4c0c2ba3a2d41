"""The parameters of a Python cell, read by ``ast`` and ``tokenize``; nothing is run.

papermill's own inspection works line by line and loses ``q: str = "a=b"``, ``dict(a=1)``, quoted
annotations and values of several lines.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace

from jupyter_ades.errors import InvalidPackage, Problem
from jupyter_ades.model import Input
from jupyter_ades.packages.magics import without_magics
from jupyter_ades.packages.notebook_types import (
    NotData,
    annotated,
    dotted,
    infer,
    literal,
    spelled,
    suggested,
)
from jupyter_ades.packages.schemas import Schema, nullable

#: Comments for other programs.
_PRAGMA = re.compile(r"(noqa|nosec|pragma|pylint|ruff|fmt|type:\s*ignore)\b")
_TYPE_COMMENT = re.compile(r"type:\s*(\S+)\s*(.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A name that the cell gives a value or a type."""

    name: str
    annotation: ast.expr | None
    value: ast.expr | None
    comment: str


def read_parameters(source: str, cell: int) -> tuple[Input, ...]:
    """The inputs that a parameters cell declares, in its order.

    ``cell`` is its number in the notebook, from 1; InvalidPackage names it, and the line, when the
    cell is not valid Python.
    """
    source = "\n".join(source.splitlines())
    tree, source = _parse(source, cell)
    comments = _comments(source)
    found: dict[str, Parameter] = {}
    for statement in tree.body:
        comment = comments.get(statement.end_lineno or 0) or comments.get(statement.lineno, "")
        for parameter in _declared(statement, comment):
            found[parameter.name] = _merged(found.get(parameter.name), parameter)
    return tuple(_input(parameter) for parameter in found.values())


def only_imports(source: str) -> bool:
    """Whether a cell only imports, or has magics only; false for one that is not Python."""
    return all(_is_quiet(each) for each in _statements(source))


def only_assigns(source: str) -> bool:
    """Whether a cell gives names types and plain values, and does nothing else but import."""
    rest = [each for each in _statements(source) if not _is_quiet(each)]
    return bool(rest) and all(_is_plain(each) for each in rest)


def _statements(source: str) -> list[ast.stmt]:
    try:
        return _parse("\n".join(source.splitlines()), 0)[0].body
    except InvalidPackage:
        # One that is no plain assignment.
        return [ast.Raise()]


def _is_quiet(statement: ast.stmt) -> bool:
    if isinstance(statement, (ast.Import, ast.ImportFrom, ast.Pass)):
        return True
    if not isinstance(statement, ast.Expr):
        return False
    value = statement.value
    called = dotted(value.func) if isinstance(value, ast.Call) else ""
    return isinstance(value, ast.Constant) or called.startswith(".run_")


def _is_plain(statement: ast.stmt) -> bool:
    declared = list(_declared(statement, ""))
    return bool(declared) and all(_is_data(each.value) for each in declared)


def _is_data(node: ast.expr | None) -> bool:
    """A literal, or a path, date or collection made of literals."""
    if node is None:
        return True
    if isinstance(node, ast.Call) and suggested(node) and not node.keywords:
        return all(_is_data(each) for each in node.args)
    try:
        literal(node)
    except NotData:
        return False
    return True


def _parse(source: str, cell: int) -> tuple[ast.Module, str]:
    """The syntax tree; lines for IPython count as empty when the cell is no Python with them."""
    try:
        return _tree(source), source
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        pass
    plain = without_magics(source)
    try:
        return _tree(plain), plain
    except SyntaxError as error:
        raise _invalid(cell, error.lineno, error.msg) from error
    except (ValueError, MemoryError, RecursionError) as error:
        raise _invalid(cell, None, str(error) or "it is nested too deep") from error


def _tree(source: str) -> ast.Module:
    with warnings.catch_warnings():
        # An odd escape in a string is the author's business.
        warnings.simplefilter("ignore")
        return ast.parse(source)


def _invalid(cell: int, line: int | None, reason: str) -> InvalidPackage:
    where = f"cell {cell}, line {line}" if line else f"cell {cell}"
    detail = f"The parameters cell is not valid Python: {reason} ({where})."
    return InvalidPackage(detail, (Problem(path=where, detail=f"{reason}."),))


def _comments(source: str) -> dict[int, str]:
    """Line number to the comment that ends the line."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return {}
    return {
        token.start[0]: token.string.lstrip("#").strip()
        for token in tokens
        if token.type == tokenize.COMMENT
    }


def _declared(statement: ast.stmt, comment: str) -> Iterator[Parameter]:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        yield Parameter(
            name=statement.target.id,
            annotation=statement.annotation,
            value=statement.value,
            comment=_description(comment),
        )
    elif isinstance(statement, ast.Assign):
        annotation, comment = _type_comment(comment)
        for target in statement.targets:
            for name, value in _pairs(target, statement.value):
                yield Parameter(name=name, annotation=annotation, value=value, comment=comment)


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """``a, b = 1, 2`` gives two names."""
    if isinstance(target, ast.Name):
        yield target.id, value
    elif (
        isinstance(target, (ast.Tuple, ast.List))
        and isinstance(value, (ast.Tuple, ast.List))
        and len(target.elts) == len(value.elts)
    ):
        for name, each in zip(target.elts, value.elts, strict=True):
            yield from _pairs(name, each)


def _description(comment: str) -> str:
    return "" if _PRAGMA.match(comment) else comment


def _type_comment(comment: str) -> tuple[ast.expr | None, str]:
    """``# type: list[int] which bands``, papermill's older way to annotate."""
    found = _TYPE_COMMENT.fullmatch(comment)
    if found is None or _PRAGMA.match(comment):
        return None, _description(comment)
    return ast.Constant(value=found.group(1)), found.group(2).strip()


def _merged(before: Parameter | None, now: Parameter) -> Parameter:
    """A name that appears twice, as ``bands: list[str]`` and later ``bands = ["B02"]``."""
    if before is None:
        return now
    return replace(
        now,
        annotation=now.annotation or before.annotation,
        value=now.value or before.value,
        comment=now.comment or before.comment,
    )


def _input(parameter: Parameter) -> Input:
    schema = annotated(parameter.annotation) if parameter.annotation else {}
    if parameter.value is not None:
        schema = _with_default(schema, parameter.value)
    return Input(
        id=parameter.name,
        description=parameter.comment,
        schema=schema,
        required=parameter.value is None,
        package_type=spelled(parameter.annotation) if parameter.annotation else "",
    )


def _with_default(schema: Schema, node: ast.expr) -> Schema:
    """The schema with the default, or what can be told of it when it is not data."""
    try:
        value = literal(node)
    except NotData:
        return schema or suggested(node)
    schema = schema or infer(value)
    if value is None:
        schema = nullable(schema)
    return {**schema, "default": value}
