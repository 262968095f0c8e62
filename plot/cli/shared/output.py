"""Output of the command line: safe text, JSON, and errors that fit on one screen."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from plot.errors import PlotError, PlotErrors, mistakes_of
from plot.files import FORMAT
from plot.text import plain, visible

MOST_ERRORS = 8
MOST_COLUMNS = 400


def write(text: str) -> None:
    """Write a text, and end its line."""
    text = visible(text)
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def write_json(value: Mapping[str, Any]) -> None:
    """Write an object as one line of ASCII JSON, as `output.schema.json` describes it."""
    sys.stdout.write(json.dumps(plain({"format": FORMAT, **value}), allow_nan=False) + "\n")


def warn(text: str) -> None:
    """Write a text to the standard error, and end its line; where nobody can read it, nothing else is lost."""
    sys.stdout.flush()
    try:
        sys.stderr.write(visible(text) + "\n")
        sys.stderr.flush()
    except OSError:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def shown_error(error: PlotError) -> str:
    """Return an error as it is shown: no more than a screen of it, safe for a terminal."""
    if isinstance(error, PlotErrors) and len(error.errors) > MOST_ERRORS:
        more = len(error.errors) - MOST_ERRORS
        text = f"{PlotErrors(error.errors[:MOST_ERRORS]).render()}\n\n… and {more} more"
    else:
        text = error.render()
    lines = [line if len(line) <= MOST_COLUMNS else f"{line[:MOST_COLUMNS]}…" for line in text.split("\n")]
    return visible("\n".join(lines))


def error_object(error: PlotError) -> dict[str, dict[str, str | None]]:
    """Return an error as JSON data. Several mistakes have one line each; hint and place are the first's."""
    errors = mistakes_of(error)
    message = "\n".join(one.message for one in errors)
    return {"error": {"message": message, "hint": error.hint, "where": error.where}}
