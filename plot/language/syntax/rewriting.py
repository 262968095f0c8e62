"""Changes to parts of a tree of nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from plot.language.syntax.nodes import Node
from plot.records import fields_of


def rewritten(node: Any, change: Callable[[Node], Node | None]) -> Any:
    """Return a tree with `change` made wherever it does not return None, from the top."""
    if isinstance(node, tuple):
        items = tuple([rewritten(item, change) for item in node])
        return node if all(new is old for new, old in zip(items, node, strict=True)) else items
    if not isinstance(node, Node):
        return node
    found = change(node)
    if found is not None:
        return found
    new = {}
    for name in fields_of(type(node)) or ():
        if name != "span":
            inner = getattr(node, name)
            other = rewritten(inner, change)
            if other is not inner:
                new[name] = other
    return replace(node, **new) if new else node


__all__ = ["rewritten"]
