"""The public API is what its page says, is as the snapshot has it, has no `Any`, and is all that documentation uses."""

from __future__ import annotations

import ast
import importlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import griffe
import pytest

from tests.api.snapshot import CHANGELOG, SNAPSHOT, breakages, file_of, unreleased, untold
from tests.api.surface import ROOT, documented, loaded, package, stubs

PACKAGES = documented()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").glob("*.py"))]


@pytest.fixture(scope="module")
def root() -> griffe.Module:
    return loaded()


def test_the_page_lists_packages() -> None:
    assert "plot" in PACKAGES
    assert len(PACKAGES) == len(set(PACKAGES)) > 5


@pytest.mark.parametrize("path", PACKAGES)
def test_the_snapshot_is_what_the_source_says(root: griffe.Module, path: str) -> None:
    committed = file_of(path).read_text(encoding="utf-8") if file_of(path).exists() else ""
    assert stubs(package(root, path)) == committed, (
        f"the public API of {path} has changed: tell it in CHANGELOG.md, then run `python -m tests.api.snapshot`"
    )


@pytest.mark.parametrize("path", PACKAGES)
def test_public_names_can_be_imported(path: str) -> None:
    module = importlib.import_module(path)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("path", PACKAGES)
def test_public_signatures_have_no_any(path: str) -> None:
    lines = file_of(path).read_text(encoding="utf-8").splitlines()
    assert [line.strip() for line in lines if re.search(r"\bAny\b", line)] == []


@pytest.mark.parametrize(
    ("old", "new", "broken"),
    [
        (
            "def aask(self, text: str, *, readings: bool = False)",
            "def aask(self, text: str)",
            "plot.Conversation.aask(readings)",
        ),
        (
            "def translate(self, text: str)",
            "def translate(self, text: str, who: str)",
            "plot.Conversation.translate(who)",
        ),
        ("    def suppose(self, text: str) -> Conversation: ...\n", "", "plot.Conversation.suppose"),
        ("class World(WorldSpec, Rich):", "class Earth(WorldSpec, Rich):", "plot.World"),
    ],
)
def test_a_change_that_breaks_users_code_has_to_be_told(tmp_path: Path, old: str, new: str, broken: str) -> None:
    file = file_of("plot", Path(shutil.copytree(SNAPSHOT, tmp_path / "new")))
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    found = breakages(SNAPSHOT, tmp_path / "new")
    assert found
    name = broken.split("(", maxsplit=1)[0]
    assert any(one.startswith(name) for one in untold(found, "## 2.0 (unreleased)\n\nNothing.\n"))
    assert untold(found, f"## 2.0 (unreleased)\n\n- `{name}` is gone.\n\n## 1.0\n") == []
    assert untold(found, f"## 2.0 (unreleased)\n\n## 1.0\n\n- `{name}` is gone.\n") != []


def test_what_only_adds_breaks_nothing(tmp_path: Path) -> None:
    file = file_of("plot", Path(shutil.copytree(SNAPSHOT, tmp_path / "new")))
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("def translate(self, text: str)", "def translate(self, text: str, *, who: str = '')"),
        encoding="utf-8",
    )
    assert breakages(SNAPSHOT, tmp_path / "new") == []


def test_the_changelog_has_a_section_on_what_is_not_released() -> None:
    assert unreleased(CHANGELOG.read_text(encoding="utf-8")).strip()


def imports_in(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the names that the Python code of a page or an example takes from the package, with where from."""
    text = path.read_text(encoding="utf-8")
    blocks = [text] if path.suffix == ".py" else re.findall(r"^```python\n(.*?)^```$", text, flags=re.M | re.S)
    for block in blocks:
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "plot":
                yield from ((node.module or "", alias.name) for alias in node.names)
            elif isinstance(node, ast.Import):
                yield from ((alias.name, "*") for alias in node.names if alias.name.split(".")[0] == "plot")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_documentation_and_examples_use_public_names(path: Path) -> None:
    foreign = [
        f"from {module} import {name}"
        for module, name in imports_in(path)
        if module not in PACKAGES or name not in importlib.import_module(module).__all__
    ]
    assert foreign == []


def test_documentation_does_import_from_the_package() -> None:
    assert sum(len(list(imports_in(path))) for path in PAGES) > 10


def test_snapshots_are_of_the_documented_packages_only() -> None:
    kept = {file for file in SNAPSHOT.rglob("*.pyi") if file.stat().st_size}
    assert kept == {file_of(path) for path in PACKAGES}
