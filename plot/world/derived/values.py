"""Prior values of a model's functions, without running it: the kind of each, and its mean and standard deviation.

Moments follow from those of the distributions, as if all draws were independent; they set the thresholds of vague
words (*strong*), which a lexicon may set otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from plot.language import LIBRARY
from plot.language.syntax.nodes import (
    Assign,
    Binary,
    BoolOp,
    Call,
    Compare,
    Comprehension,
    Constant,
    Expr,
    For,
    FunctionDef,
    If,
    IfExpr,
    ListExpr,
    Name,
    NameTarget,
    ProgramNode,
    Return,
    Statement,
    Unary,
)
from plot.records import record

DEEPEST = 12  # calls within one another that are followed
HALF = 0.5


@record(frozen=True)
class Prior:
    """The kind of a value; a number with mean and standard deviation, a truth with its probability as the mean.

    `words` are the texts that it may be, or for a list the texts in it.
    """

    kind: Literal["truth", "number", "text", "list", "unknown"]
    mean: float = math.nan
    sd: float = math.nan
    words: tuple[str, ...] = ()


UNKNOWN = Prior("unknown")
NUMBER = Prior("number")
_Draw = Callable[..., tuple[float, float]]
# Mean and standard deviation of each distribution, from its parameters (in the order of the library).
MOMENTS: Mapping[str, _Draw] = {
    "normal": lambda mean, sd: (mean, sd),
    "uniform": lambda low, high: ((low + high) / 2, (high - low) / math.sqrt(12)),
    "exponential": lambda rate: (1 / rate, 1 / rate),
    "beta": lambda a, b: (a / (a + b), math.sqrt(a * b / (a + b + 1)) / (a + b)),
    "gamma": lambda shape, rate: (shape / rate, math.sqrt(shape) / rate),
    "poisson": lambda rate: (rate, math.sqrt(rate)),
    "binomial": lambda n, p: (n * p, math.sqrt(n * p * (1 - p))),
    "geometric": lambda p: ((1 - p) / p, math.sqrt(1 - p) / p),
    "log_normal": lambda mean, sd: (
        math.exp(mean + sd * sd / 2),
        math.exp(mean + sd * sd / 2) * math.sqrt(math.expm1(sd * sd)),
    ),
    "randint": lambda low, high: ((low + high) / 2, math.sqrt(((high - low + 1) ** 2 - 1) / 12)),
    "half_normal": lambda sd: (sd * math.sqrt(2 / math.pi), sd * math.sqrt(1 - 2 / math.pi)),
    "student_t": lambda df, mean=0.0, sd=1.0: (mean, sd * math.sqrt(df / (df - 2))),
    "laplace": lambda mean, scale: (mean, scale * math.sqrt(2)),
}
_SAME = frozenset({"abs", "round", "floor", "ceil", "min", "max", "sum", "mean", "int", "float", "clip"})


class Values:
    """The values of a model's expressions before anything is known of its individuals."""

    def __init__(self, model: ProgramNode) -> None:
        self._functions = {node.name: node for node in model.body if isinstance(node, FunctionDef)}
        self._depth = 0
        self._model: dict[str, Prior] = {}
        self._returned(model.body, self._model)

    def of_variable(self, name: str) -> Prior:
        """Return the value of a variable of the model."""
        return self._model.get(name, UNKNOWN)

    def of_function(self, name: str) -> Prior:
        """Return the value of a function of the model, whatever its arguments."""
        node = self._functions[name]
        if self._depth >= DEEPEST:
            return UNKNOWN
        self._depth += 1
        try:
            found = self._returned(node.body, {**self._model, **{one.name: UNKNOWN for one in node.parameters}})
        finally:
            self._depth -= 1
        return mixed([(1.0, one) for one in found])

    def _returned(self, body: Sequence[Statement], local: dict[str, Prior]) -> list[Prior]:
        """Return the values that statements return, and keep what they assign in `local`."""
        found: list[Prior] = []
        for node in body:
            if isinstance(node, Assign) and isinstance(node.target, NameTarget):
                local[node.target.id] = self.of(node.value, local)
            elif isinstance(node, Return) and node.value is not None:
                found.append(self.of(node.value, local))
            elif isinstance(node, If):
                found += self._branched(node, local)
            elif isinstance(node, For):
                found += self._returned(node.body, local)
        return found

    def _branched(self, node: If, local: dict[str, Prior]) -> list[Prior]:
        share = self._chance(node.test, local)
        before = dict(local)
        then, orelse = dict(local), dict(local)
        found = self._returned(node.body, then) + self._returned(node.orelse, orelse)
        for name in {*then, *orelse}:
            one, other = then.get(name, UNKNOWN), orelse.get(name, UNKNOWN)
            if one != before.get(name) or other != before.get(name):
                local[name] = mixed([(share, one), (1 - share, other)])
        return found

    def _chance(self, test: Expr, local: Mapping[str, Prior]) -> float:
        found = self.of(test, local)
        return found.mean if found.kind == "truth" and not math.isnan(found.mean) else HALF

    def of(self, expr: Expr, local: Mapping[str, Prior]) -> Prior:
        """Return the value of an expression, with the values of local variables."""
        match expr:
            case Constant(value=bool() as truth):
                return Prior("truth", float(truth), 0.0)
            case Constant(value=str() as text):
                return Prior("text", words=(text,))
            case Constant(value=int() | float() as figure):
                return Prior("number", float(figure), 0.0)
            case Name(id=name):
                return local.get(name, UNKNOWN)
            case Compare():
                return Prior("truth", HALF)
            case BoolOp():
                return mixed([(1.0, self.of(one, local)) for one in expr.values])
            case Unary(op="not"):
                return Prior("truth", 1 - self._chance(expr.operand, local))
            case Unary(op="-"):
                inner = self.of(expr.operand, local)
                return replace(inner, mean=-inner.mean)
            case Binary():
                return combined(expr.op, self.of(expr.left, local), self.of(expr.right, local))
            case IfExpr():
                share = self._chance(expr.test, local)
                return mixed([(share, self.of(expr.then, local)), (1 - share, self.of(expr.orelse, local))])
            case ListExpr():
                items = [self.of(item, local) for item in expr.items]
                return replace(mixed([(1.0, one) for one in items]), kind="list")
            case Comprehension():
                return replace(self.of(expr.element, local), kind="list")
            case Call(function=Name(id=name)):
                return self._called(name, expr, local)
        return UNKNOWN

    def _called(self, name: str, call: Call, local: Mapping[str, Prior]) -> Prior:
        if name in self._functions:
            return self.of_function(name)
        given = [self.of(arg, local) for arg in (*call.args, *(value for _, value in call.keywords))]
        if name in ("flip", "bernoulli"):
            return Prior("truth", given[0].mean if given else HALF)
        if name in ("choice", "categorical"):
            return self._chosen(given)
        if name in MOMENTS:
            return _drawn(MOMENTS[name], given)
        if name in _SAME:
            inner = [one for one in given if one.kind in ("number", "list")]
            return replace(mixed([(1.0, one) for one in inner]), kind="number")
        entry = LIBRARY.get(name)
        kinds = {"boolean": Prior("truth", HALF), "number": NUMBER, "list": Prior("list")}
        return kinds.get(entry.returns, UNKNOWN) if entry is not None else UNKNOWN

    def _chosen(self, given: Sequence[Prior]) -> Prior:
        items = given[-1] if given else UNKNOWN
        if items.words:
            return Prior("text", words=items.words)
        return replace(items, kind="number") if not math.isnan(items.mean) else UNKNOWN


def _drawn(moments: _Draw, given: Sequence[Prior]) -> Prior:
    """Return a draw, whose parameters are taken at their means; the spread of the first adds to its own."""
    try:
        mean, sd = moments(*(one.mean for one in given))
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return NUMBER
    spread = given[0].sd if given and not math.isnan(given[0].sd) else 0.0
    return Prior("number", mean, math.hypot(sd, spread))


def mixed(parts: Sequence[tuple[float, Prior]]) -> Prior:
    """Return one of several values, each with its weight."""
    known = [(weight, one) for weight, one in parts if one.kind != "unknown" and weight > 0]
    if not known:
        return UNKNOWN
    kinds = {one.kind for _, one in known}
    kind = known[0][1].kind if len(kinds) == 1 else "unknown"
    words = tuple(dict.fromkeys(word for _, one in known for word in one.words))
    total = sum(weight for weight, _ in known)
    mean = sum(weight * one.mean for weight, one in known) / total
    square = sum(weight * (one.sd**2 + (one.mean - mean) ** 2) for weight, one in known) / total
    return Prior(kind, mean, math.sqrt(square) if square >= 0 else math.nan, words)


def combined(op: str, left: Prior, right: Prior) -> Prior:
    """Return the result of an operation on two independent values."""
    a, b, s, t = left.mean, right.mean, left.sd, right.sd
    match op:
        case "+":
            return Prior("number", a + b, math.hypot(s, t))
        case "-":
            return Prior("number", a - b, math.hypot(s, t))
        case "*":
            return Prior("number", a * b, math.sqrt(s * s * t * t + s * s * b * b + t * t * a * a))
        case "/" if b:
            return Prior("number", a / b, math.hypot(s / b, a * t / b**2))
    return NUMBER


__all__ = ["NUMBER", "UNKNOWN", "Prior", "Values", "combined", "mixed"]
