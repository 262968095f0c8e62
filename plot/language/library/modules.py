"""The functions that modules add to the library: rows of the same table, known where a program uses the module."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from plot.errors import PlotError
from plot.language.library.library import LIBRARY, LibraryEntry


@dataclass(frozen=True, slots=True)
class ModuleTable:
    """The library rows of a module: its name, a description, and an entry for each function."""

    name: str
    doc: str
    entries: Mapping[str, LibraryEntry]


MODULES: dict[str, ModuleTable] = {}
_ENTRIES: dict[str, LibraryEntry] = {}


def add_module(name: str, doc: str, entries: Iterable[LibraryEntry]) -> None:
    """Make a module's functions known. Raises ValueError where a name is taken."""
    rows = {entry.name: entry for entry in entries}
    taken = sorted(set(rows) & (set(LIBRARY) | set(_ENTRIES)))
    if name in MODULES or taken:
        raise ValueError(f"the module {name} is registered already, or names are taken: {', '.join(taken)}")
    MODULES[name] = ModuleTable(name, doc, rows)
    _ENTRIES.update(rows)


def entry_of(name: str) -> LibraryEntry | None:
    """Return the row of a function, distribution or speech act, those of all modules included."""
    return LIBRARY.get(name) or _ENTRIES.get(name)


def library_with(modules: Collection[str] | None) -> Mapping[str, LibraryEntry]:
    """Return the library with the functions of `modules`; None stands for all modules.

    Raises PlotError for one that does not exist.
    """
    found = dict(LIBRARY)
    for name in MODULES if modules is None else modules:
        found.update(module_called(name).entries)
    return found


def module_called(name: str) -> ModuleTable:
    """Return a module's table. Raises PlotError where there is none of this name."""
    if name not in MODULES:
        listed = f"the modules are {', '.join(sorted(MODULES))}" if MODULES else "there are no modules"
        raise PlotError(f"there is no module '{name}'", hint=listed)
    return MODULES[name]


def module_of(function: str) -> str | None:
    """Return the module that has a function, None where none has it."""
    return next((module.name for module in MODULES.values() if function in module.entries), None)


__all__ = ["MODULES", "ModuleTable", "add_module", "entry_of", "library_with", "module_called", "module_of"]
