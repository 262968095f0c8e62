"""Public docstrings say what is taken, given back and raised, in the sections of Google's style.

A summary that begins with “Return” says what is returned; other functions that return something need a section for it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import griffe
import pytest

from tests.api.surface import documented, exported, is_property, loaded, members, package

INHERITED = {"self", "cls"}
Contracts = set[tuple[str, tuple[str, ...]]]


def taken_by(function: griffe.Function) -> list[str]:
    """Return the parameters of a function, without those that Python passes."""
    return [one.name.lstrip("*") for one in function.parameters if one.name not in INHERITED]


def raised_in(function: griffe.Function) -> set[str]:
    """Return the exceptions that the body of a function names in `raise`, and does not catch itself."""
    file = function.filepath
    if not isinstance(file, Path) or function.lineno is None or function.endlineno is None:
        return set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and function.lineno <= node.lineno <= function.endlineno:
            for inside in ast.walk(node):
                if isinstance(inside, ast.Raise) and isinstance(inside.exc, ast.Call):
                    found.add(ast.unparse(inside.exc.func).rsplit(".", 1)[-1])
    return {name for name in found if name[:1].isupper()}


def sections_of(found: griffe.Object) -> dict[str, griffe.DocstringSection]:
    """Return the sections of a docstring by their kinds."""
    assert found.docstring is not None
    sections = found.docstring.parse("google", warnings=False)
    return {section.kind.value: section for section in sections}


def items(sections: dict[str, griffe.DocstringSection], kind: str) -> list[str]:
    """Return the names that a section lists."""
    if kind not in sections:
        return []
    return [one.name.lstrip("*") if kind != "raises" else str(one.annotation) for one in sections[kind].value]


def faults(name: str, found: griffe.Object, contracts: Contracts) -> Iterator[str]:
    """Yield what is missing in the docstring of a public object."""
    if found.is_attribute and not is_property(found):
        return
    if found.docstring is None:
        if found.name != "__init__":
            yield f"{name}: has no docstring"
        return
    summary = found.docstring.value.split("\n")[0]
    if not re.search(r"[.:?!]$", summary):
        yield f"{name}: the first line is no sentence"
    if isinstance(found, griffe.Class):
        yield from _of_class(name, found, contracts)
    elif isinstance(found, griffe.Function):
        yield from _of_function(name, found, contracts)


def _of_class(name: str, found: griffe.Class, contracts: Contracts) -> Iterator[str]:
    sections = sections_of(found)
    made = None if "dataclass" in found.labels else found.members.get("__init__")
    taken = taken_by(made) if isinstance(made, griffe.Function) else []
    if items(sections, "parameters") != taken:
        yield f"{name}: “Args:” has {items(sections, 'parameters')}, `__init__` {taken}"
    own = [one for one in members(found) if isinstance(one, griffe.Attribute) and not is_property(one)]
    fields = {one.name for one in own if one.name != "model_config" and "ClassVar" not in str(one.annotation)}
    told = set(items(sections, "attributes"))
    if told - fields or fields - told - set(taken):
        yield f"{name}: “Attributes:” has {sorted(told)}, the class {sorted(fields)}"
    for member in members(found):
        if member.name != "__init__":
            yield from faults(f"{name}.{member.name}", member, contracts)


def _of_function(name: str, found: griffe.Function, contracts: Contracts) -> Iterator[str]:
    assert found.docstring is not None
    sections, taken = sections_of(found), taken_by(found)
    if (found.name, tuple(taken)) not in contracts or items(sections, "parameters"):
        if items(sections, "parameters") != taken:
            yield f"{name}: “Args:” has {items(sections, 'parameters')}, the function {taken}"
        returns = str(found.returns or "None")
        if returns != "None" and "returns" not in sections and not found.docstring.value.startswith("Return "):
            yield f"{name}: returns {returns}, and “Returns:” does not say what that is"
    missing = raised_in(found) - set(items(sections, "raises"))
    if missing:
        yield f"{name}: “Raises:” lacks {sorted(missing)}"
    if re.search(r"\bRaises \w*[A-Z]\w+Error\b", found.docstring.value):
        yield f"{name}: what it raises belongs in “Raises:”"


def contracts_of(root: griffe.Module) -> Contracts:
    """Return the methods of public protocols, which tell once what those of their implementations take and return."""
    found: Contracts = set()
    for path in documented():
        for _, one in exported(package(root, path)):
            if isinstance(one, griffe.Class) and {str(base) for base in one.bases} & {"Protocol", "ABC"}:
                for member in members(one):
                    if isinstance(member, griffe.Function) and items(sections_of(member), "parameters"):
                        found.add((member.name, tuple(taken_by(member))))
    return found


@pytest.fixture(scope="module")
def root() -> griffe.Module:
    return loaded()


@pytest.mark.parametrize("path", documented())
def test_public_docstrings_have_their_sections(root: griffe.Module, path: str) -> None:
    contracts = contracts_of(root)
    found = [fault for name, one in exported(package(root, path)) for fault in faults(f"{path}.{name}", one, contracts)]
    assert found == []


GOOD = '''
@dataclass
class Box:
    """A box.

    Attributes:
        width: In metres.
    """

    width: float

    def cut(self, times: int) -> float:
        """Cut it.

        Args:
            times: How often.

        Returns:
            What is left, in metres.

        Raises:
            ValueError: Too often.
        """
        raise ValueError(times)
'''


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("", "", None),
        ("        width: In metres.\n", "        height: In metres.\n", "“Attributes:” has ['height']"),
        ("    width: float\n", "    width: float\n    height: float\n", "“Attributes:” has ['width']"),
        ("            times: How often.\n", "            often: How often.\n", "“Args:” has ['often']"),
        ("times: int)", "times: int, where: int)", "“Args:” has ['times']"),
        ("        Returns:\n            What is left, in metres.\n", "", "returns float"),
        ("            ValueError: Too often.", "            KeyError: Too often.", "“Raises:” lacks ['ValueError']"),
        ("Cut it.", "Cut it. Raises ValueError too often.", "what it raises belongs in “Raises:”"),
        ("Cut it.", "Cut it", "the first line is no sentence"),
    ],
)
def test_each_rule_finds_where_it_is_broken(tmp_path: Path, old: str, new: str, fault: str | None) -> None:
    assert old in GOOD
    (tmp_path / "boxes.py").write_text(
        "from dataclasses import dataclass\n" + GOOD.replace(old, new, 1), encoding="utf-8"
    )
    box = griffe.load("boxes", search_paths=[tmp_path], try_relative_path=False)["Box"]
    found = list(faults("Box", box, set()))
    assert (found == []) if fault is None else (fault in found[0])
