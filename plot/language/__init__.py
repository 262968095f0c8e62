"""The language: text → typed nodes → canonical text, the library table, the checker, and the budgets."""

from __future__ import annotations

from plot.language.budget import DEFAULT, HARD_CAP, Budget
from plot.language.card import card
from plot.language.checker import check, may_be_random
from plot.language.library import LIBRARY, REQUIRED, Entry, Parameter
from plot.language.modules import MODULES, add_module, entry_of, module_called
from plot.language.nodes import Program
from plot.language.parser import parse
from plot.language.scopes import free_names
from plot.language.show import show

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
