"""CWL's JavaScript in the embedded engine: values as Node gives them, and its bounds."""

from __future__ import annotations

from typing import Any

import pytest
from cwl_utils.errors import JavascriptException
from cwl_utils.expression import do_eval
from cwl_utils.sandboxjs import get_js_engine, set_js_engine

from jupyter_ades.programs.cwl_javascript import EmbeddedEngine, bound_expressions


@pytest.fixture
def engine() -> EmbeddedEngine:
    return EmbeddedEngine(seconds=0.2, memory=16 * 2**20)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("(1 + 1)", 2),
        ('(\'é\\u2028\' + "\\"")', 'é\u2028"'),
        ("{ return {a: [1, null, true], b: 0.5}; }", {"a": [1, None, True], "b": 0.5}),
        ("(inputs.names.map(function(n) { return n.toUpperCase(); }))", ["A", "B"]),
        ("(twice(4))", 8),
        ("(null)", None),
        ("(new Date(0).toISOString())", "1970-01-01T00:00:00.000Z"),
    ],
)
def test_a_value(engine: EmbeddedEngine, expression: str, value: Any) -> None:
    library = 'var inputs = {"names": ["a", "b"]};\nfunction twice(n) { return 2 * n; }'
    assert engine.eval(expression, library) == value


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("{ while (true) {} }", "ran for more than 0.2 seconds"),
        ("(/(a+)+$/.test('" + "a" * 40 + "!'))", "ran for more than 0.2 seconds"),
        ("{ var a = []; while (true) a.push(new Array(1e5).fill(1)); }", "more than 16 MiB"),
        ("('x'.repeat(1e8))", "more than 16 MiB"),
        ("{ function f() { return f() + 1; } return f(); }", "Maximum call stack size exceeded"),
        ("(nothing.at.all)", "ReferenceError: nothing is not defined"),
        ("{ undeclared = 1; }", "ReferenceError: undeclared is not defined"),
        ("(1 +)", "SyntaxError"),
        ("{ throw new Error('bad band'); }", "Error: bad band"),
        ("(undefined)", "has no value"),
        ("(require('fs'))", "require is not defined"),
    ],
)
def test_a_reason(engine: EmbeddedEngine, expression: str, reason: str) -> None:
    with pytest.raises(JavascriptException, match="JavaScript expression: ") as raised:
        engine.eval(expression)
    assert reason in str(raised.value)
    # The engine is none the worse.
    assert engine.eval("(1)") == 1


def test_no_expression_sees_what_another_left(engine: EmbeddedEngine) -> None:
    assert engine.eval("{ Array.prototype.first = 1; return 1; }") == 1
    assert engine.eval("([].first === undefined)") is True


def test_cwltool_is_given_it() -> None:
    before = get_js_engine()
    try:
        bound_expressions(5.0, 2**24)
        requirements: list[Any] = [{"class": "InlineJavascriptRequirement"}]
        given = do_eval(
            "$(inputs.n * 2) of ${return runtime.cores}",
            {"n": 3},
            requirements,
            None,
            None,
            {"cores": 4},
        )
        assert given == "6 of 4"
        assert isinstance(get_js_engine(), EmbeddedEngine)
    finally:
        set_js_engine(before)
