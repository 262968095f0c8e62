"""Files of data as tables: CSV, JSON lines or Parquet, with typed columns, units and missing values."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from plot.errors import PlotError
from plot.files import STDIN, opened_text
from plot.language.syntax.tables import Cell, Column, Table
from plot.text import clean

MOST_ROWS = 1_000_000
MOST_CELL = 10_000  # letters
MISSING = frozenset(["", "na", "n/a", "nan", "null", "none", "-", "."])  # cells that hold no value, in any case
TRUTHS = {"true": True, "false": False}
DELIMITERS = ",;\t|"
HEADING = re.compile(r"(?P<name>.*?)\s*(?:\((?P<round>[^()]*)\)|\[(?P<square>[^\[\]]*)\])?")
NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
COMMA = re.compile(r"[+-]?\d+,\d+")
MOSTLY = 0.5  # the share of cells from which a column is one of numbers, and any other cell a mistake


def read_table(path: str | Path, name: str) -> Table:
    """Return the table of a file.

    The heading of a column may have a unit in brackets: `mass (kg)`. A column is one of numbers, of truth values or of
    names; an empty cell, `NA` or `null` is a missing value (None).

    Args:
        path: The file: `.jsonl` or `.ndjson` has one JSON object a line, `.parquet` needs pyarrow, and any other is
            CSV, separated by commas, semicolons, tabs or bars; `-` is the standard input.
        name: What programs call the table.

    Raises:
        PlotError: The file can't be read, or a row or cell of it is wrong: nothing is half read.
    """
    suffix = Path(path).suffix.lower() if str(path) != STDIN else ""
    if suffix == ".parquet":
        heading, rows = _parquet(Path(path))
        return _table(name, str(path), heading, rows)
    with opened_text(path, "a table") as file:
        try:
            heading, rows = _json_lines(file, str(path)) if suffix in (".jsonl", ".ndjson") else _csv(file, str(path))
        except UnicodeError:
            raise PlotError(f"'{path}' is not a text in UTF-8", hint="save it as UTF-8") from None
    return _table(name, str(path), heading, rows)


# -- files -----------------------------------------------------------------------------------------------


def _csv(file: TextIO, path: str) -> tuple[list[str], list[tuple[str, list[Any]]]]:
    """Return the heading of a CSV file, and its rows with their places."""
    first = file.readline()
    delimiter = max(DELIMITERS, key=first.count) if any(mark in first for mark in DELIMITERS) else ","
    reader = csv.reader(_chained(first, file), delimiter=delimiter, strict=True)
    heading: list[str] | None = None
    rows: list[tuple[str, list[Any]]] = []
    while True:
        place = f"line {reader.line_num + 1}"
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise PlotError(f"{place} is no row of a table: {clean(str(error))}", where=path) from None
        if not any(cell.strip() for cell in cells):
            continue
        if heading is None:
            heading = cells
        elif len(cells) != len(heading):
            hint = f"put a cell with '{delimiter}' in it in quotes"
            raise PlotError(f"{place} has {len(cells)} cells, and the heading {len(heading)}", hint=hint, where=path)
        else:
            rows.append((place, [_cell(text) for text in cells]))
        _check_size(len(rows), path)
    if heading is None:
        raise PlotError("the table is empty", hint="write a heading and a row for each observation", where=path)
    if any(_surrogates(cell) for cell in heading) or any(_surrogates(cell) for _, row in rows for cell in row):
        raise PlotError("the table is not a text in UTF-8", hint="save it as UTF-8", where=path)
    return heading, rows


def _surrogates(cell: object) -> bool:
    return isinstance(cell, str) and any("\ud800" <= letter <= "\udfff" for letter in cell)


def _chained(first: str, file: TextIO) -> Iterator[str]:
    yield first
    yield from file


def _cell(text: str) -> str | None:
    stripped = text.strip()
    return None if stripped.lower() in MISSING else stripped


def _json_lines(file: TextIO, path: str) -> tuple[list[str], list[tuple[str, list[Any]]]]:
    """Return the fields of JSON objects, in the order in which they are met, and the rows with their places."""
    objects: list[tuple[str, dict[str, Any]]] = []
    for number, line in enumerate(file, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        place = f"line {number}"
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise PlotError(f"{place} is no JSON: {clean(str(error))}", where=path) from None
        if not isinstance(found, dict):
            hint = 'such as {"x": 1, "y": 2.5}'
            raise PlotError(f"{place} is no JSON object", hint=hint, where=path)
        for key, value in found.items():
            if isinstance(value, (list, dict)):
                hint = "give numbers, truth values, texts or null"
                raise PlotError(f"{place}: the value of '{clean(key)}' is a list or an object", hint=hint, where=path)
        objects.append((place, found))
        _check_size(len(objects), path)
    heading = list(dict.fromkeys(key for _, each in objects for key in each))
    if not heading:
        raise PlotError("the table is empty", hint="write one JSON object a line", where=path)
    return heading, [(place, [each.get(key) for key in heading]) for place, each in objects]


def _parquet(path: Path) -> tuple[list[str], list[tuple[str, list[Any]]]]:
    try:
        from pyarrow import lib, parquet
    except ImportError:
        hint = "pip install 'plot-ppl[parquet]', or save it as CSV"
        raise PlotError(f"'{path}' is a Parquet file, which needs pyarrow", hint=hint) from None
    try:
        found = parquet.read_table(path)
    except (OSError, lib.ArrowException) as error:
        raise PlotError(f"'{path}' can't be read: {clean(str(error))}") from None
    _check_size(found.num_rows, str(path))
    columns = [column.to_pylist() for column in found.columns]
    rows = [(f"row {number}", list(row)) for number, row in enumerate(zip(*columns, strict=True), 1)]
    return list(found.column_names), rows


def _check_size(rows: int, path: str) -> None:
    if rows > MOST_ROWS:
        raise PlotError(f"the table has more than {MOST_ROWS:,} rows", hint="give a part of it", where=path)


# -- columns ---------------------------------------------------------------------------------------------


def _table(name: str, path: str, heading: Sequence[str], rows: Sequence[tuple[str, list[Any]]]) -> Table:
    if not rows:
        raise PlotError("the table has a heading and no rows", hint="write a row for each observation", where=path)
    names = [_named(cell, number, path) for number, cell in enumerate(heading, 1)]
    twice = next((one for one, _ in names if sum(other == one for other, _ in names) > 1), None)
    if twice is not None:
        raise PlotError(f"two columns are called '{twice}'", hint="rename one of them", where=path)
    places = [place for place, _ in rows]
    columns = [
        Column(one, unit, _typed([row[number] for _, row in rows], places, one, path))
        for number, (one, unit) in enumerate(names)
    ]
    return Table(name, path, tuple(columns))


def _named(heading: str, number: int, path: str) -> tuple[str, str]:
    """Return the name of a column as programs write it, and its unit.

    >>> _named("Waiting time (min)", 1, "a.csv")
    ('waiting_time', 'min')
    """
    found = HEADING.fullmatch(heading.strip())
    assert found is not None
    name = re.sub(r"\W+", "_", found["name"].strip().lower()).strip("_")
    if not name.isidentifier():
        hint = "give it a name that begins with a letter"
        raise PlotError(f"column {number} is called '{clean(heading)}', which is no name", hint=hint, where=path)
    return name, (found["round"] or found["square"] or "").strip()


def _typed(cells: Sequence[Any], places: Sequence[str], name: str, path: str) -> tuple[Cell, ...]:
    """Return the cells of a column as numbers, truth values or names, whichever they all are."""
    there = [cell for cell in cells if cell is not None]
    texts = [cell for cell in there if isinstance(cell, str)]
    if len(texts) == len(there):
        return _of_texts(cells, places, name, path)
    for place, cell in zip(places, cells, strict=True):
        if cell is not None and _kind(cell) != _kind(there[0]):
            hint = "correct it, or leave it empty if it is missing"
            message = (
                f"{place}, column '{name}': '{clean(str(cell))[:40]}' is not a {_kind(there[0])} as those before it"
            )
            raise PlotError(message, hint=hint, where=path)
    finite = [cell if not isinstance(cell, float) or math.isfinite(cell) else None for cell in cells]
    return tuple(finite)


def _kind(cell: object) -> str:
    if isinstance(cell, bool):
        return "truth value"
    return "number" if isinstance(cell, int | float) else "name"


def _of_texts(cells: Sequence[str | None], places: Sequence[str], name: str, path: str) -> tuple[Cell, ...]:
    there = [cell for cell in cells if cell is not None]
    if there and all(cell.lower() in TRUTHS for cell in there):
        return tuple([None if cell is None else TRUTHS[cell.lower()] for cell in cells])
    if there and all(COMMA.fullmatch(cell) or NUMBER.fullmatch(cell) for cell in there):
        cells = [None if cell is None else cell.replace(",", ".") for cell in cells]
        return tuple([None if cell is None else _number(cell) for cell in cells])
    numbers = sum([NUMBER.fullmatch(cell) is not None for cell in there])
    if numbers > MOSTLY * len(there):
        number = next(i for i, cell in enumerate(cells) if cell is not None and NUMBER.fullmatch(cell) is None)
        raise _odd(places[number], name, cells[number], f"as {numbers} other cells of the column are", path)
    for place, cell in zip(places, cells, strict=True):
        if cell is not None and (len(cell) > MOST_CELL or not cell.isprintable()):
            raise PlotError(f"{place}, column '{name}': a name has line breaks or is too long", where=path)
    return tuple(cells)


def _number(text: str) -> int | float:
    """Return a number, whole where it is written so."""
    return int(text) if text.lstrip("+-").isdigit() and len(text) < 16 else float(text)


def _odd(place: str, name: str, cell: object, others: str, path: str) -> PlotError:
    hint = "correct it, or leave it empty if it is missing"
    shown = clean(str(cell))[:40]
    return PlotError(f"{place}, column '{name}': '{shown}' is not a number, {others}", hint=hint, where=path)


def summary(table: Table) -> str:
    """Return what a table holds, in a line.

    Args:
        table: The table.
    """
    shown = [f"{column.name} ({column.unit})" if column.unit else column.name for column in table.columns]
    missing = sum([cell is None for column in table.columns for cell in column.cells])
    rest = f", {missing:,} missing" if missing else ""
    return f"{table.name}: {len(table):,} rows of {', '.join(islice(shown, 20))}{rest}"


__all__ = ["read_table", "summary"]
