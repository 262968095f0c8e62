"""A program's text as Python that means what the language means: its own operators, lists, records and acts.

The text is parsed by Python and every construct whose meaning differs becomes a call. Nothing of the package is used.
"""

from __future__ import annotations

import ast
import functools
import warnings
from collections import Counter
from types import CodeType
from typing import Any, NamedTuple

from tests.oracle.chance import LAWS

FILE = "<program>"


class _Rewrite(ast.NodeTransformer):
    """Rewrites one program; with `addressed` every call and every round of a loop is told to the world."""

    def __init__(self, addressed: bool, pinned: frozenset[str], alternatives: dict[int, int]) -> None:
        self.addressed = addressed
        self.alternatives = alternatives
        self.pinned = pinned
        self.depth = 0
        self.places = 0

    # -- definitions and statements

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        (target,) = node.targets
        names = {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}
        value = self.visit(node.value)
        if isinstance(target, ast.Tuple | ast.List):
            value = _call("_items", value)
        return [_at(ast.Assign(targets=[target], value=value), node), *self._pin(names, node)]

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        assert isinstance(node.target, ast.Name)
        value = ast.BinOp(left=ast.Name(node.target.id, ast.Load()), op=node.op, right=node.value)
        return self.visit_Assign(_at(ast.Assign(targets=[ast.Name(node.target.id, ast.Store())], value=value), node))

    def _pin(self, names: set[str], node: ast.stmt) -> list[ast.stmt]:
        if self.depth:
            return []
        return [
            _at(
                ast.Assign(
                    targets=[ast.Name(name, ast.Store())],
                    value=_call("_pinned", ast.Constant(name), ast.Name(name, ast.Load())),
                ),
                node,
            )
            for name in sorted(names & self.pinned)
        ]

    def visit_For(self, node: ast.For) -> Any:
        node.iter = _call("_items", self.visit(node.iter))
        names = {each.id for each in ast.walk(node.target) if isinstance(each, ast.Name)}
        node.body = [*self._pin(names, node), *[each for old in node.body for each in _listed(self.visit(old))]]
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        node.iter = _call("_items", node.iter)
        return node

    # -- expressions

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
        return _call(f"_{type(node.op).__name__}", node.left, node.right)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        return node if isinstance(node.op, ast.Not) else _call(f"_{type(node.op).__name__}", node.operand)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        names = [type(op).__name__ for op in node.ops]
        if len(names) == 1:
            return _call(f"_{names[0]}", node.left, node.comparators[0])
        rest = [
            each
            for name, right in zip(names, node.comparators, strict=True)
            for each in (ast.Constant(name), _later(right))
        ]
        return _call("_chain", node.left, *rest)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        return _call("_field", node.value, ast.Constant(node.attr))

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.slice, ast.Slice):
            bounds = [bound or ast.Constant(None) for bound in (node.slice.lower, node.slice.upper)]
            return _call("_part", node.value, *bounds)
        return _call("_item", node.value, node.slice)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "query":
            return _call("_query", _later(self.visit(_arguments(node)[0])))
        if name == "actual":
            return _call("_actual", _later(self.visit(_arguments(node)[0])))
        if name == "condition":
            self.places += 1
            return _call("_condition", ast.Constant(self.places), _later(self.visit(_arguments(node)[0])))
        if name == "observe":
            law, value = _arguments(node)
            assert isinstance(law, ast.Call) and isinstance(law.func, ast.Name)
            law.func.id = f"_law_{law.func.id}"
            self.places += 1
            place = ast.Constant(self.places)
            return _call("_observe", place, _later(self.visit_plain_call(law)), _later(self.visit(value)))
        if name == "do":
            target, value = _arguments(node)
            if isinstance(target, ast.Name):
                return _call("_do", ast.Constant(target.id), ast.Constant(None), _later(self.visit(value)))
            assert isinstance(target, ast.Call) and isinstance(target.func, ast.Name)
            chosen = _call("_arguments", ast.Name(target.func.id, ast.Load()), *target.args)
            chosen.keywords = target.keywords
            return _call(
                "_do", ast.Constant(target.func.id), _later(self.visit_plain_call(chosen)), _later(self.visit(value))
            )
        shared = self.alternatives.get(id(node))
        call = self.visit_plain_call(node)
        if not self.addressed:
            return call
        self.places += 1
        place = ast.Constant(self.places if shared is None else -shared)
        return _at(ast.Call(_name("_calling"), [place, call.func, *call.args], call.keywords), node)

    def visit_plain_call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        return node


def _arguments(node: ast.Call) -> list[ast.expr]:
    order = {"test": 0, "distribution": 0, "target": 0, "value": 9}
    return [*node.args, *[each.value for each in sorted(node.keywords, key=lambda k: order[str(k.arg)])]]


def _listed(nodes: Any) -> list[Any]:
    return nodes if isinstance(nodes, list) else [nodes]


def _name(name: str) -> ast.Name:
    return ast.Name(id=name, ctx=ast.Load())


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(func=_name(name), args=list(arguments), keywords=[])


def _later(value: ast.expr) -> ast.Lambda:
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.Lambda(args=nothing, body=value)


def _at(new: Any, old: ast.AST) -> Any:
    return ast.copy_location(new, old)


def _intervened(tree: ast.Module) -> tuple[bool, frozenset[str]]:
    """Return whether a program intervenes, and on which variables."""
    acts = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "do"
    ]
    targets = [_arguments(act)[0] for act in acts]
    return bool(acts), frozenset(target.id for target in targets if isinstance(target, ast.Name))


# -- draws that are alternatives of one another ----------------------------------------------------------


FAMILY = {name: name for name in LAWS} | {"bernoulli": "flip", "categorical": "choice"}


class _Alternatives:
    """Numbers the draws that bind one name: the n-th of a family on any path through a body has one number."""

    def __init__(self) -> None:
        self.numbers: dict[Any, int] = {}
        self.of: dict[int, int] = {}

    def body(self, scope: Any, body: list[ast.stmt], paths: list[Counter[Any]]) -> list[Counter[Any]]:
        """Follow all paths through statements; return those that come to the end."""
        for node in body:
            if isinstance(node, ast.FunctionDef):
                self.body(node.name, node.body, [Counter()])
            elif isinstance(node, ast.If):
                both = [
                    self.body(scope, branch, [Counter(path) for path in paths]) for branch in (node.body, node.orelse)
                ]
                paths = both[0] + both[1]
            elif isinstance(node, ast.For):
                paths = paths + self.body(scope, node.body, [Counter(path) for path in paths])
            elif isinstance(node, ast.Assign | ast.Return):
                (target,) = node.targets if isinstance(node, ast.Assign) else (None,)
                if node.value is not None and (target is None or isinstance(target, ast.Name)):
                    paths = self._bind((scope, target and target.id), node.value, paths)
                if isinstance(node, ast.Return):
                    paths = []
            paths = [Counter(dict(items)) for items in {tuple(sorted(path.items(), key=repr)) for path in paths}]
        return paths

    def _bind(self, name: Any, value: ast.expr, paths: list[Counter[Any]]) -> list[Counter[Any]]:
        drawn = {
            FAMILY[call.func.id] for call in _ends(value) if isinstance(call.func, ast.Name) and call.func.id in LAWS
        }
        for call in _ends(value):
            if isinstance(call.func, ast.Name) and call.func.id in LAWS:
                family = FAMILY[call.func.id]
                count = max([path[name, family] for path in paths], default=0)
                key = (name, family, count)
                self.of[id(call)] = self.numbers.setdefault(key, len(self.numbers) + 1)
                drawn.add(family)
        for path in paths:
            for family in drawn:
                path[name, family] += 1
        return paths

    def elsewhere(self, tree: ast.AST) -> None:
        """Number the ends of conditional expressions that bind nothing."""
        for node in ast.walk(tree):
            body = node.body if isinstance(node, ast.Lambda) else node
            if isinstance(body, ast.IfExp):
                for call in _ends(body):
                    if isinstance(call.func, ast.Name) and call.func.id in LAWS and id(call) not in self.of:
                        key = (id(body), FAMILY[call.func.id])
                        self.of[id(call)] = self.numbers.setdefault(key, len(self.numbers) + 1)


def _ends(value: ast.expr) -> list[ast.Call]:
    """Return the calls one of which a conditional expression comes to."""
    if isinstance(value, ast.IfExp):
        return _ends(value.body) + _ends(value.orelse)
    return [value] if isinstance(value, ast.Call) else []


def _alternatives(tree: ast.Module) -> dict[int, int]:
    found = _Alternatives()
    found.body(None, tree.body, [Counter()])
    found.elsewhere(tree)
    return found.of


class Step(NamedTuple):
    """A statement of the top level: its code, what it binds, whether it is an equation of the world or an act."""

    code: CodeType
    binds: frozenset[str]
    equation: bool
    act: str | None


@functools.lru_cache(64)
def compiled(text: str) -> tuple[tuple[Step, ...], bool]:
    """Return a program as Python code, statement by statement, and whether it intervenes."""
    tree = ast.parse(text)
    acts, pinned = _intervened(tree)
    rewrite = _Rewrite(acts, pinned, _alternatives(tree) if acts else {})
    steps: list[Step] = []
    asking = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        for node in tree.body:
            call = node.value if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
            act = call.func.id if call is not None and isinstance(call.func, ast.Name) else None
            asking = asking or act == "do"
            binds = frozenset(_bound(node))
            made = ast.Module(body=_listed(rewrite.visit(node)), type_ignores=[])
            code = compile(ast.fix_missing_locations(made), FILE, "exec")
            equation = not asking and act not in ("query", "condition", "observe")
            steps.append(Step(code, binds, equation, act))
    return tuple(steps), acts


def _bound(node: ast.stmt) -> set[str]:
    """Return the names that a statement of the top level gives a value."""
    if isinstance(node, ast.FunctionDef):
        return {node.name}
    inner = [*getattr(node, "body", []), *getattr(node, "orelse", [])]
    targets = [*getattr(node, "targets", []), *[t for t in [getattr(node, "target", None)] if t is not None]]
    names = {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}
    return names.union(*[_bound(each) for each in inner])
