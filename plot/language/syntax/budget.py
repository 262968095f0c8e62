"""The budgets of a program: limits at which it is stopped with an error."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from plot.errors import PlotError
from plot.watch import IDLE, Watch

_UNITS = {"": 1, "b": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
_AMOUNT = re.compile(r"\s*([0-9][0-9_]*(?:\.[0-9]*)?(?:e[0-9]+)?)\s*([kmg]i?)?(b|s)?\s*", re.IGNORECASE)
AMOUNTS = ("nodes", "bytes", "depth", "list_length", "sites", "memory", "seconds")


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits of one program; exceeding one of them is a BudgetError that names it.

    Attributes:
        nodes: Nodes of the syntax tree, counted when it is parsed.
        bytes: Bytes of the text in UTF-8, counted when it is parsed.
        depth: Nested calls.
        list_length: Items of a list.
        sites: Random choices.
        memory: Bytes of live values, all particles together.
        seconds: Wall-clock seconds of one evaluation.
        watch: The watch of the answer for which it runs: where that has ended, or the process holds too much, no
            program goes on.
    """

    nodes: int = 20_000
    bytes: int = 200_000
    depth: int = 200
    list_length: int = 10_000
    sites: int = 20_000
    memory: int = 2 * 2**30
    seconds: float = 60.0
    watch: Watch = field(default=IDLE, compare=False, repr=False)

    def merged(self, overrides: Mapping[str, object], *, cap: Budget | None = None, where: str | None = None) -> Budget:
        """Return this budget with some of its limits replaced.

        >>> DEFAULT.merged({"sites": 50, "memory": "1 GiB"}).memory
        1073741824

        Args:
            overrides: Names of limits to amounts: numbers, or texts such as `"512 MiB"`.
            cap: The most that each may be.
            where: Where they were asked for, in words.

        Raises:
            PlotError: A name is unknown, an amount is not positive, or it is above the cap.
        """
        found: dict[str, int | float] = {}
        for name, amount in overrides.items():
            found[name] = self._amount(name, amount, where)
            limit = getattr(cap, name) if cap is not None else math.inf
            if found[name] > limit:
                raise PlotError(
                    f"the budget of {name} is {found[name]:,}, above the {limit:,} that is allowed here",
                    hint=f"lower it; only the command line can raise it further: --budget {name}=…",
                    where=where,
                )
        return replace(self, **found)  # type: ignore[arg-type]

    def raised(self) -> dict[str, tuple[float, float]]:
        """Return the budgets that are above their defaults, by name, with those."""
        pairs = {name: (getattr(self, name), getattr(DEFAULT, name)) for name in AMOUNTS}
        return {name: pair for name, pair in pairs.items() if pair[0] > pair[1]}

    def _amount(self, name: str, amount: object, where: str | None) -> int | float:
        if name not in AMOUNTS:
            close = difflib.get_close_matches(name, AMOUNTS, 1)
            hint = f"did you mean '{close[0]}'?" if close else f"the budgets are {', '.join(AMOUNTS)}"
            raise PlotError(f"there is no budget called '{name}'", hint=hint, where=where)
        number = _number(amount)
        whole = name != "seconds"
        if number is None or not 0 < number < math.inf or (whole and number != int(number)):
            kind = "a whole number" if whole else "a number"
            hint = "such as 512 MiB" if name == "memory" else f"such as {getattr(DEFAULT, name):,g}"
            raise PlotError(
                f"the budget of {name} must be {kind} above 0, not {_shown(amount)}", hint=hint, where=where
            )
        return int(number) if whole else number


def amount_in_words(name: str, amount: float) -> str:
    """Return an amount of a budget as people write it.

    >>> amount_in_words("memory", 2**31), amount_in_words("seconds", 60.0), amount_in_words("sites", 20_000)
    ('2 GiB', '60 s', '20,000')
    """
    if name == "memory":
        return f"{amount / 2**30:.3g} GiB" if amount >= 2**30 else f"{amount / 2**20:.3g} MiB"
    return f"{amount:g} s" if name == "seconds" else f"{amount:,}"


def _shown(amount: object) -> str:
    """Return an amount as a file says it."""
    return {"True": "true", "False": "false", "None": "nothing"}.get(repr(amount), repr(amount))


def _number(amount: object) -> float | None:
    if isinstance(amount, bool):
        return None
    if isinstance(amount, (int, float)):
        return amount
    match = _AMOUNT.fullmatch(amount.replace(",", "_")) if isinstance(amount, str) and len(amount) < 40 else None
    if match is None:
        return None
    try:
        number = float(match[1].replace("_", "")) * _UNITS[(match[2] or "").lower()]
    except ValueError:
        return None
    return number


DEFAULT = Budget()
HARD_CAP = Budget(
    nodes=200_000,
    bytes=2_000_000,
    depth=1_000,
    list_length=100_000,
    sites=200_000,
    memory=8 * 2**30,
    seconds=600.0,
)
