"""PLoT: English is translated into a probabilistic program, whose posterior is the answer.

>>> from plot import World
>>> talk = World.load("tugofwar").conversation(facts=False)
>>> _ = talk.tell("Tom beat John.")
>>> talk.ask("Who is stronger, Tom or John?").kind
'choice'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plot._lazy import exports
from plot.errors import BudgetError, ImpossibleError, PlotError, PlotErrors, UnlikelyError

if TYPE_CHECKING:
    from plot.answers import Answer as Answer
    from plot.conversation import Conversation as Conversation
    from plot.conversation import World as World
    from plot.program import Program as Program
    from plot.program import run_program as run_program
    from plot.tables import read_table as read_table
    from plot.ways.notebook import load_ipython_extension as load_ipython_extension

__version__ = "0.1.0"

_LATE = {
    "Answer": "plot.answers",
    "Conversation": "plot.conversation",
    "World": "plot.conversation",
    "Program": "plot.program",
    "load_ipython_extension": "plot.ways.notebook",
    "read_table": "plot.tables",
    "run_program": "plot.program",
}
__getattr__ = exports("plot", _LATE)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATE})


__all__ = [
    "Answer",
    "BudgetError",
    "Conversation",
    "ImpossibleError",
    "PlotError",
    "PlotErrors",
    "Program",
    "UnlikelyError",
    "World",
    "__version__",
    "load_ipython_extension",
    "read_table",
    "run_program",
]
