"""What travels: the wheel holds worlds and prompts, and an installed one finds them anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from plot import __version__
from plot.world import builtin_worlds
from tests.support.clock import SOON

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=SOON)
    (found,) = folder.glob("*.whl")
    return found


def test_the_wheel_holds_what_it_needs_and_no_more(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert __version__ in wheel.name
    assert {f"plot/worlds/{path.name}" for path in builtin_worlds().values()} <= set(names)
    assert {"plot/py.typed", "plot/prompts/README.md", "plot/cli/output.schema.json"} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.split("/")[0] for name in names} == {"plot", f"plot_ppl-{__version__}.dist-info"}
    assert not [name for name in names if name.endswith((".pyc", ".orig")) or "__pycache__" in name]


def test_an_installed_wheel_answers_by_name(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--target",
        str(target),
    ]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True, timeout=SOON)
    environment = {**os.environ, "PYTHONPATH": str(target)}

    def plot(*args: str) -> str:
        command = [
            sys.executable,
            "-c",
            "import plot, sys; print(plot.__file__); from plot.cli import main; main()",
        ]
        done = subprocess.run(
            [*command, *args], cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=SOON
        )
        return done.stdout.decode()

    shown = plot("worlds")
    assert shown.splitlines()[0].startswith(str(target))
    assert all(name in shown for name in builtin_worlds())
    assert "%" in plot("ask", "tugofwar", "Is Mary stronger than Tom?")


def test_the_source_distribution_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=SOON)
    (archive,) = tmp_path.glob("*.tar.gz")
    subprocess.run(["tar", "xzf", str(archive)], cwd=tmp_path, check=True, timeout=SOON)
    (source,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "again")]
    subprocess.run(command, cwd=source, check=True, capture_output=True, timeout=SOON)
    (again,) = (tmp_path / "again").glob("*.whl")
    assert sorted(zipfile.ZipFile(again).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())
