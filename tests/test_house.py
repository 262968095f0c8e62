"""Rules of the code base, checked on the source: imports go one way, files state their purpose, nothing is overlong."""

from __future__ import annotations

import ast
import functools
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import networkx as nx
import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "plot"
FILE_LINES = 600
FOLDER_MODULES = 20
FUNCTION_LINES = 40

# A package may import those that come before it; packages on one line do not import each other.
LAYERS = (
    ("errors", "figures", "process", "records", "scripts", "text"),
    ("_lazy",),
    ("compat",),
    ("watch", "html"),
    ("files", "language"),
    ("worldfile", "runtime", "tables"),
    ("modules", "llm"),
    ("inference",),
    ("world", "causes"),
    ("translate",),
    ("pictures", "routing", "building"),
    ("answers",),
    ("conversation", "program"),
    ("export", "quality", "testing"),
    ("batch", "ways"),
    ("cli",),
    ("__init__", "__main__"),
)
LAYER = {package: number for number, packages in enumerate(LAYERS) for package in packages}
ONLY = {
    "llm": {"errors", "_lazy", "text", "files", "worldfile"},
    "testing": {"errors", "_lazy", "text", "files", "language", "inference", "translate", "world"},
    "world": {"errors", "files", "language", "modules", "records", "tables", "text", "worldfile"},
}
FOR_ALL = {"__init__"}  # the package itself: its version
HEAVY = {"torch", "pyro", "openai", "matplotlib", "networkx", "PIL", "mujoco", "sklearn", "jinja2", "tenacity"}
# What a simple answer has no use for: other methods, language models, pictures, libraries that take long to import.
NOT_FOR_A_SIMPLE_ANSWER = {
    *HEAVY - {"torch", "pyro"},
    "plot.pictures.canvas", "plot.cli.shared.finding", "plot.inference.methods.adaptive",
    "plot.inference.methods.exact.exact", "plot.inference.methods.guided.guided", "plot.inference.methods.nuts",
    "plot.inference.methods.smc", "plot.inference.methods.svi", "plot.inference.particles.moves",
    "plot.inference.posterior.joint", "plot.inference.posterior.worlds", "plot.llm.client", "plot.llm.endpoint",
    "plot.modules.grid", "plot.modules.line", "plot.modules.table", "plot.program", "plot.pictures.seeing",
    "plot.translate.english.refuse", "plot.translate.mixture", "plot.translate.model", "plot.routing",
    "rich.progress", "scipy", "sqlite3", "sympy",
}  # fmt: skip
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve"}
FILES = sorted(PACKAGE.rglob("*.py"))


class Trees(dict[Path, ast.Module]):
    """The syntax trees of files, each parsed when it is first looked at."""

    def __missing__(self, path: Path) -> ast.Module:
        """Parse a file."""
        self[path] = ast.parse(path.read_text(encoding="utf-8"))
        return self[path]


TREES = Trees()

Function = ast.FunctionDef | ast.AsyncFunctionDef


def package_of(path: Path) -> str:
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


def own_packages(node: ast.AST) -> Iterator[str]:
    for module in modules_in(node):
        parts = module.split(".")
        if parts[0] == "plot":
            known = len(parts) > 1 and parts[1] in LAYER
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


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _private_names(node: ast.AST) -> Iterator[str]:
    """Yield the private names that a statement of ours makes: of functions, classes, variables and attributes."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and is_private(node.name):
        yield node.name
    elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Store):
        name = node.id if isinstance(node, ast.Name) else node.attr
        if is_private(name):
            yield name


def broken(rule: Callable[[Path], Iterator[str]]) -> list[str]:
    """Return where a rule is broken, file by file."""
    return [f"{path.relative_to(PACKAGE)}: {what}" for path in FILES for what in rule(path)]


def foreign_imports(path: Path) -> Iterator[str]:
    package = package_of(path)
    if package not in LAYER:
        yield f"say in LAYERS where {package} stands"
        return
    for node in ast.walk(TREES[path]):
        for other in own_packages(node):
            if other == package or (other in FOR_ALL and package in ("batch", "cli", "ways")):
                continue
            if LAYER[other] >= LAYER[package]:
                yield f"{package} imports {other}, which is above or next to it"
            if other not in ONLY.get(package, LAYER):
                yield f"{package} may not know {other}"


def hidden_imports(path: Path) -> Iterator[str]:
    for function in functions_in(TREES[path]):
        for node in ast.walk(function):
            yield from (
                f"{function.name} imports {module}" for module in modules_in(node) if module.split(".")[0] == "plot"
            )


def heavy_imports(path: Path) -> Iterator[str]:
    for node in run_at_import(TREES[path]):
        if path.name == "_lazy.py" or is_type_checking(node):
            continue
        found = {module.split(".")[0] for module in modules_in(node)}
        yield from (f"{name} comes from plot._lazy, or is imported when used" for name in sorted(found & HEAVY))


def untyped_late(path: Path) -> Iterator[str]:
    """Yield each `name = late("a.module")` without that import under TYPE_CHECKING, which the other rules see."""
    checked = {
        (alias.asname or alias.name, f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name)
        for block in TREES[path].body
        if is_type_checking(block)
        for node in block.body  # type: ignore[attr-defined]
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    for node in ast.walk(TREES[path]):
        match node:
            case ast.Assign([ast.Name(name)], ast.Call(ast.Name("late"), [ast.Constant(module)])):
                if (name, module) not in checked:
                    yield f"type checkers don't know that {name} is {module}"


def no_duty(path: Path) -> Iterator[str]:
    if not ast.get_docstring(TREES[path]) or TREES[path].body[0].lineno != 1:
        yield "a file begins with a docstring"
    elif not path.read_text(encoding="utf-8").splitlines()[0].strip('"'):
        yield "the duty stands on the first line"


def run_as_python(path: Path) -> Iterator[str]:
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
            yield f"line {node.lineno} calls {node.func.id}"
        yield from (f"imports {module}" for module in modules_in(node) if module in FORBIDDEN_MODULES)


def overlong(path: Path) -> Iterator[str]:
    count = len(path.read_text(encoding="utf-8").splitlines())
    if count > FILE_LINES:
        yield f"{count} lines"
    for function in functions_in(TREES[path]):
        doc = ast.get_docstring(function, clean=False)
        lines = (function.end_lineno or 0) - function.lineno + 1 - (len(doc.splitlines()) if doc else 0)
        if lines > FUNCTION_LINES:
            yield f"{function.name} has {lines} lines"


@functools.cache
def own_private() -> set[str]:
    """Return the private names that the package gives, but for those in `compat`."""
    ours = [path for path in FILES if "compat" not in path.relative_to(PACKAGE).parts]
    return {name for path in ours for node in ast.walk(TREES[path]) for name in _private_names(node)}


def private_of_others(path: Path) -> Iterator[str]:
    """Yield the uses of what another library does not promise: those stand in `compat`, with a test."""
    if package_of(path) == "compat":
        return
    for node in ast.walk(TREES[path]):
        for module in modules_in(node):
            root, *inner = module.split(".")
            if root != "plot" and (root == "lark" or any(part.startswith("_") for part in inner)):
                yield f"imports {module}, which belongs in compat"
        if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in own_private():
            yield f"uses {node.attr}, which belongs in compat"


def numbers_in(tree: ast.Module) -> Iterator[tuple[str, ast.Assign | ast.AnnAssign]]:
    """Yield the constants of a module that are numbers, or are computed of written numbers."""
    parts = (ast.Constant, ast.Tuple, ast.List, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.expr_context)
    for node in tree.body:
        match node:
            case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), _, ast.expr() as value):
                inner = list(ast.walk(value))
                written = [part.value for part in inner if isinstance(part, ast.Constant)]
                numeric = bool(written) and all([type(one) in (int, float) for one in written])
                if numeric and all([isinstance(part, parts) for part in inner]):
                    yield name, node


def unexplained(path: Path) -> Iterator[str]:
    """Yield the numbers of inference without a comment that says what they count and why there are so many."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for name, node in numbers_in(TREES[path]) if package_of(path) == "inference" else ():
        here = lines[node.lineno - 1 : node.end_lineno]
        if not any(["#" in line for line in here]) and not lines[node.lineno - 2].startswith("# "):
            yield f"{name} = {ast.unparse(node.value)} has no comment with its unit and reason"  # type: ignore[arg-type]


def undocumented(path: Path) -> Iterator[str]:
    for node in TREES[path].body:
        named = isinstance(node, (*Function.__args__, ast.ClassDef)) and not node.name.startswith("_")
        if named and not ast.get_docstring(node):
            yield node.name


def test_what_other_libraries_do_not_promise_stands_in_compat() -> None:
    assert not broken(private_of_others)


def test_imports_run_one_way() -> None:
    assert not broken(foreign_imports)


def test_no_function_hides_an_import_of_our_own() -> None:
    assert not broken(hidden_imports)


def test_nothing_heavy_is_imported_with_the_module() -> None:
    assert not broken(heavy_imports)


def test_what_is_late_is_known_to_type_checkers() -> None:
    assert not broken(untyped_late)


def test_a_simple_answer_imports_what_it_needs(tmp_path: Path) -> None:
    code = (
        "import sys; from plot.cli import main\n"
        "try: main(['ask', 'tugofwar', 'who is stronger?', '--quiet'])\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    env = {**os.environ, "PYTHONPATH": str(PACKAGE.parent), "PLOT_CONFIG_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**env, "PLOT_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("Most likely Mary"), done.stderr
    found = set(done.stderr.split())
    assert {"torch", "plot.inference.methods.importance"} <= found
    assert sorted(found & NOT_FOR_A_SIMPLE_ANSWER) == []


def test_the_first_line_says_the_duty() -> None:
    assert not broken(no_duty)


def test_no_text_is_run_as_python() -> None:
    assert not broken(run_as_python)


def test_files_and_functions_are_short() -> None:
    assert not broken(overlong)


def crowded() -> Iterator[str]:
    """Yield each folder with too many modules; that of the grammar is exempt."""
    for folder, count in Counter(path.parent for path in FILES if path.name != "__init__.py").items():
        if count > FOLDER_MODULES and folder.name != "english":
            yield f"{folder.relative_to(PACKAGE)}: {count} modules"


def circles() -> list[list[str]]:
    """Return the sets of folders and top-level modules of one package that import each other, except for types only."""
    graph = nx.DiGraph()
    for path in FILES:
        package = package_of(path)
        for node in run_at_import(TREES[path]):
            for module in modules_in(node):
                parts = module.split(".")[1:]
                if parts[:1] == [package] and len(parts) > 1:
                    is_package = PACKAGE.joinpath(*parts).is_dir()
                    graph.add_edge(_folder(path), "/".join(parts if is_package else parts[:-1] if parts[2:] else parts))
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    return [sorted(found) for found in nx.strongly_connected_components(graph) if len(found) > 1]


def _folder(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "/".join(parts[:-1] if parts[2:] else parts)


def test_no_folder_is_crowded() -> None:
    assert not list(crowded())


def test_folders_import_one_way() -> None:
    assert not circles()


def test_every_number_of_inference_has_its_unit_and_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not broken(unexplained)
    path = tmp_path / "inference" / "some.py"
    path.parent.mkdir()
    path.write_text('A = 3\n\n# Of all.\nB: float = 0.5\nC = 1 << 4  # bits\nD = (1.0, -2)\nE = f(3)\nF = "x"\n')
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    monkeypatch.setitem(globals(), "FILES", [path])
    assert [found.split(": ")[1].split()[0] for found in broken(unexplained)] == ["A", "D"]


def test_every_public_name_has_a_docstring() -> None:
    assert not broken(undocumented)


def test_each_rule_finds_where_it_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = "\n".join(["    1"] * (FUNCTION_LINES + 1))
    imports = "import torch\nimport pickle\nimport plot.cli\nx = late('plot.x')\n"
    imports += "from click._compat import x\nimport lark\nx = torch._C\n"
    text = f"{imports}\ndef f():\n    import plot.errors\n    eval('1')\n{body}\n"
    path = tmp_path / "world.py"
    path.write_text(text + "\n" * FILE_LINES, encoding="utf-8")
    own_private()  # of the package, before another one is put in its place
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    monkeypatch.setitem(globals(), "FILES", [path])
    monkeypatch.setitem(TREES, path, ast.parse(text))
    rules = (foreign_imports, hidden_imports, heavy_imports, untyped_late, no_duty)
    rules += (run_as_python, overlong, undocumented, private_of_others)
    assert [len(broken(rule)) for rule in rules] == [2, 1, 1, 1, 1, 2, 2, 1, 3]
