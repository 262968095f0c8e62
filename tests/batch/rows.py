"""Vignettes that tests ask, and tables that they read."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

NAMES = ("Tom", "John", "Mary", "Sue", "Ann")


def vignette(number: int, matches: int = 1, precision: float = 0.08) -> dict[str, Any]:
    """Return a vignette of some tug-of-war matches."""
    draw = random.Random(number)
    pairs = [draw.sample(NAMES, 2) for _ in range(matches)]
    one, other = draw.sample(NAMES, 2)
    return {
        "id": f"v{number}",
        "world": "tugofwar",
        "statements": [f"{winner} beat {loser}." for winner, loser in pairs],
        "questions": [f"Is {one} stronger than {other}?"],
        "options": {"facts": False, "precision": precision},
    }


def written(path: Path, rows: Iterable[Mapping[str, Any] | str]) -> Path:
    """Write rows as JSON lines; a text is a line as it stands."""
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def table(text: str) -> list[dict[str, str]]:
    """Return the rows of a CSV text."""
    return list(csv.DictReader(io.StringIO(text)))
