"""The definition of modules: functions of particle-batched values, each with a library entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from plot.language import LibraryEntry, Parameter, add_module
from plot.language.library.library import Kind
from plot.runtime.library.functions import FUNCTIONS
from plot.runtime.library.numbers import Implementation


@dataclass(slots=True)
class Module:
    """A module while it is put together: `function` adds one, `register` makes them known to all programs.

    An implementation gets where it is called (`Here`: the particles that count, and where to leave a fault) and a
    value for each parameter. It draws nothing, changes nothing, and raises nothing: what is wrong in some
    particles is a fault there.
    """

    name: str
    doc: str
    entries: list[LibraryEntry] = field(default_factory=list)
    implementations: dict[str, Implementation] = field(default_factory=dict)

    def function(
        self, name: str, parameters: tuple[Parameter, ...], returns: Kind, doc: str
    ) -> Callable[[Implementation], Implementation]:
        """Return a decorator that adds an implementation under a name, with its row."""

        def add(implementation: Implementation) -> Implementation:
            self.entries.append(LibraryEntry(name, parameters, "function", returns, doc))
            self.implementations[name] = implementation
            return implementation

        return add

    def register(self) -> None:
        """Make the module known to the checker and to the evaluator."""
        add_module(self.name, self.doc, self.entries)
        FUNCTIONS.update(self.implementations)


__all__ = ["Module"]
