"""A program's text as Python that means what the language means: its own operators, lists, records and acts.

The text is parsed by Python and every construct whose meaning differs becomes a call. Nothing of the package is used.
"""

from __future__ import annotations

import ast
import functools
import warnings
from types import CodeType
from typing import Any, cast

FILE = "<program>"


class _Rewrite(ast.NodeTransformer):
    """Rewrites one program; with `addressed` every call and every round of a loop is told to the world."""

    def __init__(self, addressed: bool, pinned: frozenset[str]) -> None:
        self.addressed = addressed
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
        if name in ("condition", "query"):
            return _call(f"_{name}", _later(self.visit(_arguments(node)[0])))
        if name == "observe":
            law, value = _arguments(node)
            assert isinstance(law, ast.Call) and isinstance(law.func, ast.Name)
            law.func.id = f"_law_{law.func.id}"
            return _call("_observe", _later(self.visit_plain_call(law)), _later(self.visit(value)))
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
        call = self.visit_plain_call(node)
        if not self.addressed:
            return call
        self.places += 1
        return _at(ast.Call(_name("_calling"), [ast.Constant(self.places), call.func, *call.args], call.keywords), node)

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


@functools.lru_cache(64)
def compiled(text: str) -> tuple[CodeType, bool]:
    """Return a program as Python code, and whether it intervenes."""
    tree = ast.parse(text)
    acts, pinned = _intervened(tree)
    tree = ast.fix_missing_locations(_Rewrite(acts, pinned).visit(tree))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        return cast(CodeType, compile(tree, FILE, "exec")), acts
