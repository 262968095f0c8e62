"""The language: text → typed nodes → canonical text, the library table, the checker, and the budgets.

The names in `__all__` are public; the others are shared within the package.
"""

from __future__ import annotations

from plot.language.checks.checker import check
from plot.language.checks.checker import may_be_random as may_be_random
from plot.language.checks.scopes import free_names as free_names
from plot.language.library.card import card
from plot.language.library.library import LIBRARY as LIBRARY
from plot.language.library.library import REQUIRED as REQUIRED
from plot.language.library.library import LibraryEntry as LibraryEntry
from plot.language.library.library import Parameter as Parameter
from plot.language.library.modules import MODULES as MODULES
from plot.language.library.modules import add_module as add_module
from plot.language.library.modules import entry_of as entry_of
from plot.language.library.modules import module_called as module_called
from plot.language.syntax.budget import DEFAULT as DEFAULT
from plot.language.syntax.budget import HARD_CAP as HARD_CAP
from plot.language.syntax.budget import Budget
from plot.language.syntax.nodes import ProgramNode
from plot.language.syntax.parser import parse
from plot.language.syntax.show import show

__all__ = ["Budget", "ProgramNode", "card", "check", "parse", "show"]
