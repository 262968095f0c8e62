"""The language: text → typed nodes → canonical text, the library table, the checker, and the budgets."""

from __future__ import annotations

from plot.language.checks.checker import check, may_be_random
from plot.language.checks.scopes import free_names
from plot.language.library.card import card
from plot.language.library.library import LIBRARY, REQUIRED, Entry, Parameter
from plot.language.library.modules import MODULES, add_module, entry_of, module_called
from plot.language.syntax.budget import DEFAULT, HARD_CAP, Budget
from plot.language.syntax.nodes import Program
from plot.language.syntax.parser import parse
from plot.language.syntax.show import show

__all__ = [
    "DEFAULT",
    "HARD_CAP",
    "LIBRARY",
    "MODULES",
    "REQUIRED",
    "Budget",
    "Entry",
    "Parameter",
    "Program",
    "add_module",
    "card",
    "check",
    "entry_of",
    "free_names",
    "may_be_random",
    "module_called",
    "parse",
    "show",
]
