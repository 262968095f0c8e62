"""Deny by default: every construct of this Python, and of one to come, is allowed or refused by name."""

from __future__ import annotations

import ast

import pytest

from plot.errors import PlotError
from plot.language import parse
from plot.language.syntax.budget import DEFAULT
from plot.language.syntax.expressions import EXPRESSIONS, Expressions
from plot.language.syntax.parser import STATEMENTS, _Parser
from plot.language.syntax.reading import ParseState
from plot.language.syntax.refusals import REFUSED, refusal
from plot.language.syntax.source import read

ALLOWED = {
    "Constant",
    "Name",
    "List",
    "Tuple",
    "Dict",
    "Attribute",
    "Subscript",
    "UnaryOp",
    "BinOp",
    "BoolOp",
    "Compare",
    "IfExp",
    "Call",
    "Lambda",
    "ListComp",
    "GeneratorExp",
    "FunctionDef",
    "Assign",
    "AugAssign",
    "If",
    "For",
    "Return",
    "Break",
    "Continue",
    "Pass",
    "Expr",
}
OLD_NAMES = {
    "Num",
    "Str",
    "Bytes",
    "NameConstant",
    "Ellipsis",
    "Index",
    "ExtSlice",
    "Suite",
    "AugLoad",
    "AugStore",
    "Param",
}

EXAMPLES = {
    "AnnAssign": "x: int = 1",
    "Assert": "assert x",
    "AsyncFor": "async for x in y: pass",
    "AsyncFunctionDef": "async def f(): pass",
    "AsyncWith": "async with x: pass",
    "ClassDef": "class A: pass",
    "Delete": "del x",
    "Global": "global x",
    "Import": "import os",
    "ImportFrom": "from os import path",
    "Match": "match x:\n    case 1: pass",
    "Nonlocal": "nonlocal x",
    "Raise": "raise x",
    "Try": "try: pass\nfinally: pass",
    "TryStar": "try: pass\nexcept* E: pass",
    "While": "while x: pass",
    "With": "with x: pass",
    "Await": "await x",
    "DictComp": "x = {a: b for a, b in c}",
    "JoinedStr": "x = f'{a}'",
    "FormattedValue": "x = f'{a}'",
    "NamedExpr": "(x := 1)",
    "Set": "x = {1}",
    "SetComp": "x = {a for a in b}",
    "Slice": "x = a[1:2, 3:4]",
    "Starred": "f(*x)",
    "Yield": "yield x",
    "YieldFrom": "yield from x",
    "BitAnd": "a & b",
    "BitOr": "a | b",
    "BitXor": "a ^ b",
    "Invert": "~a",
    "LShift": "a << b",
    "MatMult": "a @ b",
    "RShift": "a >> b",
}
NEWER = {"TypeAlias", "TemplateStr", "Interpolation"}  # of later versions than the oldest that we run on


def _classes(base: type[ast.AST]) -> list[type[ast.AST]]:
    found = [value for value in vars(ast).values() if isinstance(value, type) and issubclass(value, base)]
    return [kind for kind in found if kind is not base and kind.__name__ not in OLD_NAMES]


def _reader() -> _Parser:
    _, source = read("x = 1\n", "program", DEFAULT)
    return _Parser(source, DEFAULT)


def test_the_rules_are_exactly_the_allowed_constructs() -> None:
    assert {kind.__name__ for kind in (*EXPRESSIONS, *STATEMENTS)} == ALLOWED


@pytest.mark.parametrize("kind", [*_classes(ast.stmt), *_classes(ast.expr)], ids=lambda kind: kind.__name__)
def test_every_construct_is_allowed_or_refused_with_a_hint(kind: type[ast.AST]) -> None:
    if kind.__name__ not in ALLOWED:
        message, hint = refusal(kind())
        assert kind.__name__ in REFUSED, f"Python has a new construct: name it in refusals.py ({kind.__name__})"
        assert "not part of the language" in message
        assert hint


@pytest.mark.parametrize(
    "kind", [*_classes(ast.operator), *_classes(ast.unaryop), *_classes(ast.cmpop), *_classes(ast.boolop)]
)
def test_every_operator_is_allowed_or_refused(kind: type[ast.AST]) -> None:
    known = {"Add", "Sub", "Mult", "Div", "FloorDiv", "Mod", "Pow", "Not", "USub", "UAdd", "And", "Or"}
    known |= {kind.__name__ for kind in _classes(ast.cmpop)}
    assert kind.__name__ in known or kind.__name__ in REFUSED


@pytest.mark.parametrize("name", [name for name in REFUSED if name not in NEWER])
def test_each_refused_construct_has_an_example_that_is_refused(name: str) -> None:
    with pytest.raises(PlotError) as caught:
        parse(EXAMPLES[name])
    assert "not part of the language" in caught.value.render() or "single value" in caught.value.render()
    assert "^" in caught.value.render()
    assert "hint: " in caught.value.render()


def test_a_construct_that_a_future_python_adds_is_refused() -> None:
    class Frobnicate(ast.expr):
        _fields = ()
        lineno = end_lineno = 1
        col_offset, end_col_offset = 4, 5

    class Whilst(ast.stmt):
        _fields = ()
        lineno = end_lineno = 1
        col_offset, end_col_offset = 0, 5

    reader = _reader()
    reader.expression(Frobnicate())
    reader._statement(Whilst())
    assert [error.message for error in reader.errors] == [
        "the construct Frobnicate is not part of the language",
        "the construct Whilst is not part of the language",
    ]


@pytest.mark.parametrize(
    ("node", "part"),
    [
        (ast.BinOp(left=ast.Constant(1), right=ast.Constant(2)), "op"),
        (ast.UnaryOp(operand=ast.Constant(1)), "op"),
        (ast.BoolOp(values=[ast.Constant(1), ast.Constant(2)]), "op"),
        (ast.Compare(left=ast.Constant(1), comparators=[ast.Constant(2)]), "ops"),
    ],
)
def test_an_operator_that_a_future_python_adds_is_refused(node: ast.expr, part: str) -> None:
    class Spaceship(ast.AST):
        _fields = ()

    setattr(node, part, [Spaceship()] if part == "ops" else Spaceship())
    module = ast.fix_missing_locations(ast.Module(body=[ast.Expr(value=node)], type_ignores=[]))
    reader = _reader()
    reader.expression(module.body[0].value)  # type: ignore[attr-defined]
    assert [error.message for error in reader.errors] == ["the construct Spaceship is not part of the language"]


def test_a_constant_that_a_future_python_adds_is_refused() -> None:
    reader = _reader()
    node = ast.fix_missing_locations(ast.Expression(body=ast.Constant(value=frozenset())))
    reader.expression(node.body)
    assert [error.message for error in reader.errors] == ["this constant is not part of the language"]


def test_the_parser_never_runs_anything() -> None:
    parse("x = open\ny = eval('1')\nz = __builtins__ if 0 else 1".replace("__builtins__", "builtins"))
    assert issubclass(_Parser, Expressions)
    assert issubclass(Expressions, ParseState)
