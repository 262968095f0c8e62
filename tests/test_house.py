"""The house rules, read off the source: imports run one way, files say their duty, nothing is overlong."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "plot"
FILE_LINES = 600
FUNCTION_LINES = 40

# A room may import those that stand before it; rooms on one line don't know each other.
FLOORS = (
    ("allocator", "errors", "visible"),
    ("heavy",),
    ("files", "language"),
    ("worldfile", "lexicon", "runtime", "testing"),
    ("modules", "picture", "llm"),
    ("inference",),
    ("world",),
    ("translate",),
    ("answers",),
    ("seeing",),
    ("conversation", "program"),
    ("agreement",),
    ("checkup", "evaluation"),
    ("tuning",),
    ("cli",),
    ("__init__", "__main__"),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
ONLY = {
    "llm": {"errors", "visible", "files", "worldfile"},
    "testing": {"errors", "visible", "files"},
    "world": {"errors", "files", "language", "lexicon", "modules", "picture", "worldfile"},
}
FOR_ALL = {"__init__"}  # the package itself: its version
HEAVY = {"torch", "pyro", "openai", "matplotlib", "networkx", "PIL", "mujoco", "sklearn", "jinja2", "tenacity"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FILES = sorted(PACKAGE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
each_file = pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(PACKAGE)) for path in FILES])

Function = ast.FunctionDef | ast.AsyncFunctionDef


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def modules_in(node: ast.AST) -> Iterator[str]:
    """Yield the modules that an import statement names."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        if node.module == "plot":
            yield from (f"plot.{alias.name}" for alias in node.names)
        else:
            yield node.module or ""


def own_rooms(node: ast.AST) -> Iterator[str]:
    for module in modules_in(node):
        parts = module.split(".")
        if parts[0] == "plot":
            known = len(parts) > 1 and parts[1] in FLOOR
            yield parts[1] if known else "__init__"


def functions_in(tree: ast.AST) -> list[Function]:
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def run_at_import(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the statements of a module that run when it is imported, except its functions' bodies."""
    pending: list[ast.stmt] = list(tree.body)
    while pending:
        node = pending.pop()
        yield node
        if is_type_checking(node):
            pending += node.orelse  # type: ignore[attr-defined]
        elif not isinstance(node, Function):
            pending += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]


@each_file
def test_imports_run_one_way(path: Path) -> None:
    room = room_of(path)
    assert room in FLOOR, f"say in FLOORS where {room} stands"
    for node in ast.walk(TREES[path]):
        for other in own_rooms(node):
            if other == room or (other in FOR_ALL and room == "cli"):
                continue
            assert FLOOR[other] < FLOOR[room], f"{room} imports {other}, which stands above or beside it"
            assert other in ONLY.get(room, FLOOR), f"{room} may not know {other}"


@each_file
def test_no_function_hides_an_import_of_our_own(path: Path) -> None:
    for function in functions_in(TREES[path]):
        hidden = [
            module for node in ast.walk(function) for module in modules_in(node) if module.split(".")[0] == "plot"
        ]
        assert not hidden, f"{function.name} imports {hidden}"


@each_file
def test_nothing_heavy_is_imported_with_the_module(path: Path) -> None:
    for node in run_at_import(TREES[path]):
        if path.name == "heavy.py" or is_type_checking(node):
            continue
        found = {module.split(".")[0] for module in modules_in(node)}
        assert not found & HEAVY, "import torch, pyro and dist from plot.heavy"


@each_file
def test_the_first_line_says_the_duty(path: Path) -> None:
    first = TREES[path].body[0]
    assert ast.get_docstring(TREES[path]), "a file begins with a docstring"
    assert first.lineno == 1
    assert path.read_text(encoding="utf-8").splitlines()[0].strip('"'), "the duty stands on the first line"


@each_file
def test_no_text_is_run_as_python(path: Path) -> None:
    names = {
        node.func.id for node in ast.walk(TREES[path]) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not names & FORBIDDEN_CALLS
    modules = {module for node in ast.walk(TREES[path]) for module in modules_in(node)}
    assert not modules & {"pickle", "marshal", "shelve"}


@each_file
def test_files_and_functions_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_LINES
    for function in functions_in(TREES[path]):
        doc = ast.get_docstring(function, clean=False)
        lines = (function.end_lineno or 0) - function.lineno + 1 - (len(doc.splitlines()) if doc else 0)
        assert lines <= FUNCTION_LINES, f"{function.name} has {lines} lines"


def test_every_public_name_has_a_docstring() -> None:
    missing = [
        f"{path.relative_to(PACKAGE)}:{node.name}"
        for path, tree in TREES.items()
        for node in tree.body
        if isinstance(node, (*Function.__args__, ast.ClassDef))
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not missing
