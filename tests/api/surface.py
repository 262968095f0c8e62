"""The public API as griffe reads it from the source: documented packages, what they export, and that as stubs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import griffe

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOT = Path(__file__).parent / "snapshot"
PAGE = ROOT / "docs" / "api.md"


def documented() -> list[str]:
    """Return the packages that the page of the public API lists."""
    return re.findall(r"^\| `(plot[\w.]*)` \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)


def loaded(folder: Path = ROOT) -> griffe.Module:
    """Return the package in a folder, read and never run."""
    found = griffe.load(
        "plot", search_paths=[folder], try_relative_path=False, resolve_aliases=True, resolve_external=False
    )
    assert isinstance(found, griffe.Module)
    return found


def package(root: griffe.Module, path: str) -> griffe.Module:
    """Return a package by its path."""
    found = root if path == root.path else root[path.removeprefix(f"{root.path}.")]
    assert isinstance(found, griffe.Module), path
    return found


def exported(module: griffe.Module) -> Iterator[tuple[str, griffe.Object]]:
    """Yield the names that a package exports, with what they stand for."""
    for name in module.exports or []:
        found = module[str(name)]
        yield str(name), found.final_target if isinstance(found, griffe.Alias) else found


def members(owner: griffe.Class) -> Iterator[griffe.Object]:
    """Yield the public members of a class, and how it is made."""
    for name, member in owner.members.items():
        if not name.startswith("_") or name == "__init__":
            yield member.final_target if isinstance(member, griffe.Alias) else member


def is_property(member: griffe.Object) -> bool:
    return "property" in member.labels


def stubs(module: griffe.Module) -> str:
    """Return what a package exports as the text of a stub file."""
    shown = [_shown(name, found) for name, found in sorted(exported(module))]
    names = ", ".join(f'"{name}"' for name in sorted(str(name) for name in module.exports or []))
    return "\n\n".join([f"__all__ = [{names}]", *shown]) + "\n"


def _shown(name: str, found: griffe.Object, indent: str = "") -> str:
    if isinstance(found, griffe.Class):
        bases = ", ".join(str(base) for base in found.bases)
        head = f"{indent}class {name}({bases}):" if bases else f"{indent}class {name}:"
        inside = [_shown(one.name, one, indent + "    ") for one in sorted(members(found), key=lambda one: one.name)]
        return "\n".join([head, *(inside or [f"{indent}    ..."])])
    if isinstance(found, griffe.Function):
        return _function(name, found, indent)
    assert isinstance(found, griffe.Attribute), found.path
    if is_property(found):
        return f"{indent}@property\n{indent}def {name}(self) -> {found.annotation}: ..."
    kind = f": {found.annotation}" if found.annotation is not None else ""
    return f"{indent}{name}{kind} = ..." if found.value is not None else f"{indent}{name}{kind}"


def _function(name: str, found: griffe.Function, indent: str) -> str:
    labels = [f"{indent}@{label}\n" for label in ("classmethod", "staticmethod") if label in found.labels]
    returns = f" -> {found.returns}" if found.returns is not None else ""
    return f"{''.join(labels)}{indent}def {name}({_parameters(found)}){returns}: ..."


def _parameters(found: griffe.Function) -> str:
    shown, keyword_only = [], False
    for one in found.parameters:
        star = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}.get(one.kind, "")  # type: ignore[arg-type]
        if one.kind is griffe.ParameterKind.keyword_only and not keyword_only:
            shown.append("*")
        keyword_only = keyword_only or one.kind in (
            griffe.ParameterKind.keyword_only,
            griffe.ParameterKind.var_positional,
        )
        kind = f": {one.annotation}" if one.annotation is not None else ""
        value = f" = {one.default}" if one.default is not None and not star else ""
        shown.append(f"{star}{one.name}{kind}{value}")
    return ", ".join(shown)
