"""Smaller programs that fail in the same way: statements are left out, and expressions replaced by parts of them."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator

SIMPLE = ("1", "True", "flip()", '"tom"', "[]")


def shrunk(text: str, fails: Callable[[str], bool], tries: int = 2_000) -> str:
    """Return a program that fails too and from which nothing can be taken, or the best after so many tries."""
    found = True
    while found:
        found = False
        for smaller in _smaller(text):
            tries -= 1
            if tries < 0:
                return text
            if len(smaller) < len(text) and fails(smaller):
                text, found = smaller, True
                break
    return text


def _smaller(text: str) -> Iterator[str]:
    tree = ast.parse(text)
    yield from _without_statements(tree)
    yield from _simpler(tree)


def _blocks(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for number, node in enumerate(ast.walk(tree)):
        for name in ("body", "orelse", "decorator_list", "ifs", "elts", "args"):
            if isinstance(getattr(node, name, None), list):
                yield number, name


def _without_statements(tree: ast.Module) -> Iterator[str]:
    """Leave out one item of a list of the tree, or put the body of a statement in its place."""
    for number, name in _blocks(tree):
        for i in range(len(getattr(_node(tree, number), name))):
            for unwrap in (False, True):
                new = copy.deepcopy(tree)
                items = getattr(_node(new, number), name)
                items[i : i + 1] = getattr(items[i], "body", []) if unwrap and isinstance(items[i], ast.stmt) else []
                yield from _text(new)


def _simpler(tree: ast.Module) -> Iterator[str]:
    """Put a part of an expression, or a constant, in its place."""
    for number, node in enumerate(ast.walk(tree)):
        for name, value in ast.iter_fields(node):
            for i, old in enumerate(value if isinstance(value, list) else [value]):
                if not isinstance(old, ast.expr):
                    continue
                parts = [part for part in ast.walk(old) if isinstance(part, ast.expr) and part is not old]
                for new in [*parts, *[ast.parse(text, mode="eval").body for text in SIMPLE]]:
                    changed = copy.deepcopy(tree)
                    target = _node(changed, number)
                    if isinstance(value, list):
                        getattr(target, name)[i] = copy.deepcopy(new)
                    else:
                        setattr(target, name, copy.deepcopy(new))
                    yield from _text(changed)


def _node(tree: ast.AST, number: int) -> ast.AST:
    return list(ast.walk(tree))[number]


def _text(tree: ast.Module) -> Iterator[str]:
    try:
        text = ast.unparse(ast.fix_missing_locations(tree))
        ast.parse(text)
    except Exception:  # what is no program any more
        return
    yield text + "\n"
