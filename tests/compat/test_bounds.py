"""Which versions of other libraries are allowed, and which of them were tried."""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
DEVELOPERS = {"all", "bench", "dev", "serve"}  # extras that are no optional part of the product


def holds(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate()


def test_all_has_every_optional_part() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    (everything,) = map(Requirement, extras["all"])
    assert everything.extras == set(extras) - DEVELOPERS


def test_the_table_has_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    parts = {name: texts for name, texts in project["optional-dependencies"].items() if name not in DEVELOPERS}
    wanted = {canonicalize_name(Requirement(text).name) for texts in parts.values() for text in texts} - {"plot-ppl"}
    wanted |= {canonicalize_name(Requirement(text).name) for text in project["dependencies"]}
    rows = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").splitlines()
    cells = [row.split("|") for row in rows if row.startswith("| ")][1:]
    assert all(len(row) == 7 and all(cell.strip() for cell in row[1:6]) for row in cells)
    named = {canonicalize_name(row[1].replace("(late)", "").split("`")[-1].strip()) for row in cells}
    assert named >= wanted, wanted - named


def test_pinned_versions_are_those_that_are_allowed() -> None:
    """The versions of `constraints.txt` fit the bounds of `pyproject.toml`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if "==" in line]
    pinned = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins if holds(pin)}
    wanted = [Requirement(text) for text in project["dependencies"]]
    more = [Requirement(text) for texts in project["optional-dependencies"].values() for text in texts]
    known = [one for one in [*wanted, *more] if holds(one) and canonicalize_name(one.name) in pinned]
    assert {one.name for one in wanted} <= {one.name for one in known}
    assert [
        str(one) for one in known if not one.specifier.contains(pinned[canonicalize_name(one.name)], prereleases=True)
    ] == []
    bounded = {one.name for one in wanted if any(spec.operator in ("<", "<=") for spec in one.specifier)}
    compat = {"torch": "torch", "pyro": "pyro-ppl", "lark": "lark", "yaml": "pyyaml"}
    files = {path.stem for path in (ROOT / "plot" / "compat").glob("*.py")} - {"__init__"}
    assert files == set(compat) and set(compat.values()) <= bounded
