"""Write the snapshot of the public API again: `python -m tests.api.snapshot`.

A change that breaks users' code is written only when the changelog's unreleased section names what it breaks.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import griffe

from tests.api.surface import ROOT, SNAPSHOT, documented, loaded, package, stubs

CHANGELOG = ROOT / "CHANGELOG.md"


def file_of(path: str, folder: Path = SNAPSHOT) -> Path:
    """Return the file of a package's stubs."""
    return folder.joinpath(*path.split("."), "__init__.pyi")


def write(root: griffe.Module, folder: Path = SNAPSHOT) -> None:
    """Write the stubs of all public packages into a folder, in place of those that are there."""
    for old in folder.rglob("*.pyi"):
        old.unlink()
    for path in documented():
        file = file_of(path, folder)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(stubs(package(root, path)), encoding="utf-8")
        for parent in file.parent.relative_to(folder).parents:
            if parent.parts:
                (folder / parent / "__init__.pyi").touch()


def breakages(old: Path, new: Path) -> list[griffe.Breakage]:
    """Return what breaks users' code between two snapshots."""
    return list(griffe.find_breaking_changes(loaded(old), loaded(new)))


def unreleased(text: str) -> str:
    """Return the section of a changelog on what is not released yet; an empty text where there is none."""
    found = re.search(r"^## [^\n]*unreleased[^\n]*\n(.*?)(?=^## |\Z)", text, flags=re.MULTILINE | re.DOTALL | re.I)
    return found.group(1) if found else ""


def untold(found: list[griffe.Breakage], changelog: str) -> list[str]:
    """Return what breaks though the changelog does not name it, by the names that users call it."""
    section = unreleased(changelog)
    return sorted({one.obj.path for one in found if f"`{one.obj.path}" not in section})


def main() -> None:
    """Write the snapshot, or say what has to be told first."""
    new = SNAPSHOT.with_name("snapshot.new")
    write(loaded(), new)
    missing = untold(breakages(SNAPSHOT, new), CHANGELOG.read_text(encoding="utf-8")) if SNAPSHOT.exists() else []
    if not missing:
        write(loaded())
    for file in sorted(new.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    new.rmdir()
    if missing:
        names = "\n".join(f"  `{name}`" for name in missing)
        sys.exit(
            f"this breaks users' code; name each in the unreleased section of CHANGELOG.md, then try again:\n{names}"
        )


if __name__ == "__main__":
    main()
