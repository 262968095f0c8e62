"""The console that tables and answers are drawn on."""

from __future__ import annotations

import sys

from rich.console import Console


def console() -> Console:
    """Return a console for the standard output that reads no markup in what it is given."""
    return Console(file=sys.stdout, markup=False, emoji=False, highlight=False)
