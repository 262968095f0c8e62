"""Hypothesis strategies for programs: `trees` are well formed and otherwise arbitrary, sense or nonsense."""

from __future__ import annotations

from typing import Any, TypeVar

from hypothesis import strategies as st

from plot.language.syntax import nodes
from plot.language.syntax.parser import tidy
from plot.language.syntax.source import hidden

T = TypeVar("T")
IDENTIFIERS = ("x", "y", "strength", "tom", "_", "e1", "flip", "normal", "first", "is_tall", "matches")
FIELDS = ("mass", "velocity", "x y", "Zoë")


def _plain(text: str) -> bool:
    return not any(hidden(character) for character in text)


identifiers = st.sampled_from(IDENTIFIERS)
texts = st.text(max_size=8).filter(_plain)
numbers = st.one_of(
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)
constants = st.builds(
    lambda value: nodes.Constant(value=value),
    st.one_of(numbers, st.booleans(), st.none(), texts, st.sampled_from(["tom", 'say "hi"', "back\\slash", "it's"])),
)
names = st.builds(lambda name: nodes.Name(id=name), identifiers)


def few(strategy: st.SearchStrategy[T], least: int = 0, most: int = 3) -> st.SearchStrategy[tuple[T, ...]]:
    """Return tuples of a few."""
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


def _targets() -> st.SearchStrategy[nodes.Target]:
    one = st.builds(lambda name: nodes.NameTarget(id=name), identifiers)
    return st.recursive(
        one, lambda inner: few(inner, 1).map(lambda items: nodes.TupleTarget(items=items)), max_leaves=4
    )


targets = _targets()


def _negated(op: str, operand: nodes.Expr) -> nodes.Expr:
    """Return `op operand`; the negative of a number is a negative number, which is how it is written."""
    number = isinstance(operand, nodes.Constant) and operand.kind in ("int", "float")
    if op == "-" and number and not str(operand.value).startswith("-"):  # type: ignore[union-attr]
        return nodes.Constant(value=-operand.value)  # type: ignore[operator, union-attr]
    return nodes.Unary(op=op, operand=operand)


def _compare(left: nodes.Expr, rest: list[tuple[str, nodes.Expr]]) -> nodes.Expr:
    none = nodes.Constant(value=None)
    comparators = tuple(none if op.startswith("is") else value for op, value in rest)
    return nodes.Compare(left=left, ops=tuple(op for op, _ in rest), comparators=comparators)


def _call(function: nodes.Expr, args: tuple[nodes.Expr, ...], keywords: dict[str, nodes.Expr]) -> nodes.Call:
    return nodes.Call(function=function, args=args, keywords=tuple(keywords.items()))


COMPARISONS = ("<", "<=", ">", ">=", "==", "!=", "in", "not in", "is", "is not")


def _larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return expressions made of `inner` ones."""
    generators = st.builds(
        lambda target, iterable, tests: nodes.Generator(target=target, iterable=iterable, conditions=tests),
        targets,
        inner,
        few(inner, 0, 2),
    )
    make: list[st.SearchStrategy[Any]] = [
        few(inner).map(lambda items: nodes.ListExpr(items=items)),
        st.dictionaries(st.sampled_from(FIELDS), inner, max_size=2).map(
            lambda fields: nodes.RecordExpr(fields=tuple(fields.items()))
        ),
        st.builds(lambda value, name: nodes.AttributeExpr(value=value, name=name), inner, identifiers),
        st.builds(lambda value, index: nodes.Index(value=value, index=index), inner, inner),
        st.builds(
            lambda value, lower, upper: nodes.Slice(value=value, lower=lower, upper=upper),
            inner,
            st.none() | inner,
            st.none() | inner,
        ),
        st.builds(_negated, st.sampled_from(["-", "+", "not"]), inner),
        st.builds(
            lambda op, left, right: nodes.Binary(op=op, left=left, right=right),
            st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]),
            inner,
            inner,
        ),
        st.builds(
            lambda op, values: nodes.BoolOp(op=op, values=values),
            st.sampled_from(["and", "or"]),
            few(inner, 2),
        ),
        st.builds(_compare, inner, st.lists(st.tuples(st.sampled_from(COMPARISONS), inner), min_size=1, max_size=3)),
        st.builds(lambda test, then, orelse: nodes.IfExpr(test=test, then=then, orelse=orelse), inner, inner, inner),
        st.builds(_call, inner, few(inner), st.dictionaries(identifiers, inner, max_size=2)),
        st.builds(lambda names, body: nodes.Lambda(parameters=names, body=body), few(identifiers), inner),
        st.builds(
            lambda element, parts: nodes.Comprehension(element=element, generators=parts),
            inner,
            few(generators, 1, 2),
        ),
    ]
    return st.one_of(make)


expressions: st.SearchStrategy[Any] = st.recursive(constants | names, _larger, max_leaves=12)
calls = st.builds(_call, names, few(expressions, 0, 2), st.just({}))
docs = st.one_of(
    texts, st.sampled_from(["One.", "One.\n\nTwo:\n    three", 'a "quoted" word', 'ends in "', "a\\b"])
).map(tidy)


def _bare(node: nodes.Expr) -> bool:
    """Return whether an expression alone on a line is read as something else: a docstring, or a speech act."""
    return not (isinstance(node, nodes.Constant) and isinstance(node.value, str))


simple_statements: st.SearchStrategy[Any] = st.one_of(
    st.builds(lambda target, value: nodes.Assign(target=target, value=value), targets, expressions),
    st.builds(lambda value: nodes.Return(value=value), st.none() | expressions),
    st.sampled_from([nodes.Break(), nodes.Continue(), nodes.Pass()]),
    expressions.filter(_bare).map(lambda value: nodes.ExprStatement(value=value)),
    expressions.map(lambda test: nodes.Condition(test=test)),
    st.builds(lambda call, value: nodes.Observe(distribution=call, value=value), calls, expressions),
    expressions.map(lambda value: nodes.Query(value=value)),
    st.builds(lambda target, value: nodes.Do(target=target, value=value), calls | names, expressions),
)


def _parameters(required: list[str], optional: dict[str, nodes.Expr]) -> tuple[nodes.ParameterNode, ...]:
    first = [nodes.ParameterNode(name=name) for name in required]
    return (*first, *[nodes.ParameterNode(name=name, default=value) for name, value in optional.items()])


parameters = st.builds(
    _parameters, st.lists(identifiers, max_size=2), st.dictionaries(identifiers, constants, max_size=2)
)


def _function(name: str, given: Any, body: Any, mem: bool, doc: str | None) -> nodes.FunctionDef:
    return nodes.FunctionDef(name=name, parameters=given, body=body, mem=mem, doc=doc)


def _compound(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.builds(
            lambda test, body, orelse: nodes.If(test=test, body=body, orelse=orelse),
            expressions,
            few(inner, 1),
            few(inner, 0, 2),
        ),
        st.builds(
            lambda target, iterable, body: nodes.For(target=target, iterable=iterable, body=body),
            targets,
            expressions,
            few(inner, 1),
        ),
        st.builds(_function, identifiers, parameters, few(inner, 1), st.booleans(), st.none() | docs),
        st.builds(_function, identifiers, parameters, st.just(()), st.booleans(), docs),
    )


statements: st.SearchStrategy[Any] = st.recursive(simple_statements, _compound, max_leaves=5)
trees: st.SearchStrategy[nodes.ProgramNode] = st.builds(
    lambda body, doc: nodes.ProgramNode(body=body, doc=doc), few(statements, 0, 5), st.none() | docs
)

__all__ = ["expressions", "few", "statements", "targets", "trees"]
