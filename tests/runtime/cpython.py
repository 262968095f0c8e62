"""What CPython makes of a program's text: an independent reading of its semantics, given the values of its draws.

The language has Python's syntax and, where it has a construct, means it to do what Python does. So one world of a
program can be run as Python, once the random choices are given in the order in which they are made.
"""

from __future__ import annotations

import ast
import functools
import math
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import torch

from plot.heavy import dist
from plot.language import LIBRARY
from plot.runtime.machine import Site
from plot.runtime.values import unbatch

FILE = "<program>"


class OutOfSupportError(Exception):
    """A parameter, or an operation, that the language does not allow."""


class Record:
    """A record of the language."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["fields"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self.fields == other.fields

    def __hash__(self) -> int:
        raise TypeError

    def __bool__(self) -> bool:
        return bool(self.fields)


class _Rewrite(ast.NodeTransformer):
    """Turns what the language does otherwise into calls: records, tuples, generators, powers, observations."""

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        self.generic_visit(node)
        return _call("_record", node)

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        self.generic_visit(node)
        return ast.List(elts=node.elts, ctx=node.ctx) if isinstance(node.ctx, ast.Load) else node

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        self.generic_visit(node)
        return ast.ListComp(elt=node.elt, generators=node.generators)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return _call("pow", node.left, node.right) if isinstance(node.op, ast.Pow) else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id == "observe":
            call, value = node.args
            assert isinstance(call, ast.Call)
            assert isinstance(call.func, ast.Name)
            call.func.id = f"_density_{call.func.id}"
            return _call("_observed", self.visit(call), self.visit(value))
        self.generic_visit(node)
        return node


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=list(arguments), keywords=[])


def _number(value: Any) -> float:
    if not isinstance(value, (bool, int, float)):
        raise OutOfSupportError(f"not a number: {value!r}")
    return float(value)


def _bind(name: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> list[Any]:
    entry = LIBRARY[name]
    bound = list(args)
    for parameter in entry.parameters[len(args) :]:
        bound.append(keywords.get(parameter.name, parameter.default))
    for parameter, value in zip(entry.parameters, bound, strict=True):
        if parameter.support is not None and not parameter.support.test(_number(value)):
            raise OutOfSupportError(f"{parameter.name} of {name}")
    return bound


def _weights(values: Any) -> list[float]:
    weights = [_number(value) for value in values]
    if not weights or min(weights) < 0 or sum(weights) == 0:
        raise OutOfSupportError("weights")
    return [weight / sum(weights) for weight in weights]


DENSITIES: dict[str, Callable[..., Any]] = {
    "normal": lambda m, s: dist.Normal(m, s),
    "uniform": lambda a, b: dist.Uniform(a, b),
    "poisson": lambda r: dist.Poisson(r),
    "exponential": lambda r: dist.Exponential(r),
    "beta": lambda a, b: dist.Beta(a, b),
    "gamma": lambda a, b: dist.Gamma(a, b),
    "binomial": lambda n, p: dist.Binomial(n, p),
    "geometric": lambda p: dist.Geometric(p),
    "half_normal": lambda s: dist.HalfNormal(s),
    "log_normal": lambda m, s: dist.LogNormal(m, s),
    "student_t": lambda d, m, s: dist.StudentT(d, m, s),
    "cauchy": lambda m, s: dist.Cauchy(m, s),
    "laplace": lambda m, s: dist.Laplace(m, s),
}


def log_density(name: str, arguments: list[Any], value: Any) -> float:
    """Return the log density of a value under a distribution of the language, by its definition."""
    if name in ("choice", "categorical"):
        items, weights = arguments[0], [1.0] * len(arguments[0])
        if name == "categorical":
            weights = arguments[0]
            items = range(len(weights)) if arguments[1] is None else arguments[1]
        mass = sum([w for w, item in zip(_weights(weights), items, strict=True) if item == value])
        return math.log(mass) if mass > 0 else -math.inf
    x = _number(value)
    if name in ("flip", "bernoulli"):
        mass = {1.0: arguments[0], 0.0: 1 - arguments[0]}.get(x, 0)
        return math.log(mass) if mass > 0 else -math.inf
    if name == "randint":
        low, high = arguments
        return -math.log(high - low + 1) if low <= x <= high and x == int(x) else -math.inf
    made = DENSITIES[name](*[torch.tensor(float(a), dtype=torch.float64) for a in arguments])
    raw = torch.tensor(x, dtype=torch.float64)
    return float(made.log_prob(raw)) if bool(made.support.check(raw)) else -math.inf


class World:
    """One run of a program as Python. `queries` are Python objects, `line` where it failed, None if it did not."""

    def __init__(self, text: str, draws: Iterable[Site]) -> None:
        self.queries: list[Any] = []
        self.log_weight = 0.0
        self.line: int | None = None
        self.problem: Exception | None = None
        self._draws = iter(list(draws))
        names: dict[str, Any] = {**_FUNCTIONS, "mem": _mem, "_record": Record, "_observed": self._observed}
        names |= {"condition": self._condition, "query": self.queries.append}
        for name, entry in LIBRARY.items():
            if entry.category == "distribution":
                names[name] = functools.partial(self._draw, name)
                names[f"_density_{name}"] = functools.partial(_distribution, name)
        try:
            exec(_compiled(text), names)
        except (ArithmeticError, LookupError, TypeError, AttributeError, NameError, ValueError, OutOfSupportError) as e:
            self.problem = e
            trace, self.line = e.__traceback__, 0
            while trace is not None:
                if trace.tb_frame.f_code.co_filename == FILE:
                    self.line = trace.tb_lineno
                trace = trace.tb_next

    @property
    def left(self) -> list[Site]:
        """The draws that the program did not ask for."""
        return list(self._draws)

    def _next(self, name: str) -> Site:
        site = next(self._draws)
        drawn = site.call.function
        assert getattr(drawn, "id", None) == name, f"a {name} where {site.name} was drawn"
        return site

    def _draw(self, name: str, *args: Any, **keywords: Any) -> Any:
        arguments = _bind(name, args, keywords)
        if name == "shuffle":
            left = list(_listed(arguments[0]))
            return [left.pop(int(self._next(name).value)) for _ in range(len(left) - 1)] + left
        if name == "choice":
            if not _listed(arguments[0]):
                raise OutOfSupportError("choice from an empty list")
            return arguments[0][int(self._next(name).raw)]
        if name == "categorical":
            weights = _weights(_listed(arguments[0]))
            values = range(len(weights)) if arguments[1] is None else arguments[1]
            if len(values) != len(weights):
                raise OutOfSupportError("as many values as probabilities")
            return values[int(self._next(name).raw)]
        if name == "randint" and arguments[0] > arguments[1]:
            raise OutOfSupportError("low <= high")
        if name == "uniform" and arguments[0] >= arguments[1]:
            raise OutOfSupportError("low < high")
        return unbatch(self._next(name).value, 0)

    def _condition(self, test: Any) -> None:
        if not test:
            self.log_weight = -math.inf

    def _observed(self, distribution: tuple[str, list[Any]], value: Any) -> None:
        self.log_weight += log_density(*distribution, value)


@functools.lru_cache(8)
def _compiled(text: str) -> Any:
    tree = ast.fix_missing_locations(_Rewrite().visit(ast.parse(text)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # `2 is None` makes sense where it was generated
        return compile(tree, FILE, "exec")


def _distribution(name: str, *args: Any, **keywords: Any) -> tuple[str, list[Any]]:
    arguments = _bind(name, args, keywords)
    if name == "choice" and not _listed(arguments[0]):
        raise OutOfSupportError("choice from an empty list")
    if name == "randint" and arguments[0] > arguments[1]:
        raise OutOfSupportError("low <= high")
    return name, arguments


def _listed(value: Any) -> Any:
    if not isinstance(value, (list, range)):
        raise OutOfSupportError(f"not a list: {value!r}")
    return value


def _mem(function: Callable[..., Any]) -> Callable[..., Any]:
    table: dict[Any, Any] = {}

    def remembered(*args: Any, **keywords: Any) -> Any:
        bound = dict(zip(function.__code__.co_varnames, args, strict=False)) | keywords
        defaults = function.__defaults__ or ()
        names = function.__code__.co_varnames[: function.__code__.co_argcount]
        for name, value in zip(names[len(names) - len(defaults) :], defaults, strict=True):
            bound.setdefault(name, value)
        key = tuple([_frozen(bound[name]) for name in names])
        if key not in table:
            table[key] = function(**bound)
        return table[key]

    return remembered


def _frozen(value: Any) -> Any:
    if isinstance(value, (list, range)):
        return ("list", *[_frozen(item) for item in value])
    if isinstance(value, Record):
        return ("record", *sorted((name, _frozen(item)) for name, item in value.fields.items()))
    return ("name", value) if isinstance(value, str) else value


# -- the library in plain Python ---------------------------------------------------------------------------


def _numbers(items: Any) -> list[Any]:
    for item in _listed(items):
        _number(item)
    return list(items)


def _count(first: Any, items: Any = None) -> int:
    tests = [first(item) for item in _listed(items)] if callable(first) else _listed(first)
    return sum([bool(test) for test in tests])


def _best(pick: Callable[..., Any]) -> Callable[..., Any]:
    def best(function: Callable[[Any], Any], items: Any) -> Any:
        keys = _numbers([function(item) for item in _listed(items)])
        return items[keys.index(pick(keys))]

    return best


def _extreme(pick: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: pick(_numbers(args[0] if len(args) == 1 else list(args)))


def _distinct(items: Any) -> list[Any]:
    kept: list[Any] = []
    for item in _listed(items):
        if item not in kept:
            kept.append(item)
    return kept


def _power(base: Any, exponent: Any) -> Any:
    result = base**exponent
    if isinstance(result, complex):
        raise OutOfSupportError("a negative number to a fractional power")
    return result


def _concat(*lists: Any) -> list[Any]:
    parts = lists[0] if len(lists) == 1 else lists
    return [item for part in _listed(parts if isinstance(parts, list) else list(parts)) for item in _listed(part)]


def _range(*bounds: Any) -> list[int]:
    whole = [int(_number(bound)) for bound in bounds]
    if any(a != b for a, b in zip(whole, bounds, strict=True)):
        raise OutOfSupportError("whole numbers")
    return list(range(*whole))


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": lambda items: len(_listed(items)),
    "sum": lambda items: sum(_numbers(items)),
    "mean": lambda items: sum(_numbers(items)) / len(items),
    "min": _extreme(min),
    "max": _extreme(max),
    "any": lambda items: any(_listed(items)),
    "all": lambda items: all(_listed(items)),
    "count": _count,
    "abs": abs,
    "round": round,
    "floor": math.floor,
    "ceil": math.ceil,
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "pow": _power,
    "sorted": lambda items, key=None, reverse=False: sorted(_listed(items), key=key, reverse=reverse),
    "argmax": _best(max),
    "argmin": _best(min),
    "zip": lambda *lists: [list(pair) for pair in zip(*[_listed(items) for items in lists], strict=False)],
    "enumerate": lambda items, start=0: [[i + start, item] for i, item in enumerate(_listed(items))],
    "range": _range,
    "first": lambda items: _listed(items)[0],
    "last": lambda items: _listed(items)[-1],
    "concat": _concat,
    "distinct": _distinct,
}


def plain(value: Any) -> Any:
    """Return a Python value as `unbatch` shows values of the language."""
    if isinstance(value, (list, range)):
        return [plain(item) for item in value]
    if isinstance(value, Record):
        return {name: plain(item) for name, item in value.fields.items()}
    return "<function>" if callable(value) else value
