"""Files of vignettes (JSON lines or CSV), each a world, what is told of it, and what is asked; bad rows are kept."""

from __future__ import annotations

import csv
import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal, TextIO

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from plot.errors import PlotError
from plot.files import STDIN, opened_text
from plot.text import clean

MOST_ROW = 1_000_000  # letters of one row
MOST_TEXTS = 10_000  # statements, or questions, of one row
MOST_SHOWN = 200  # letters of an identifier or of a message
MOST_SEED = 2**63 - 1
DELIMITERS = (",", ";", "\t")  # between the cells of a table; spreadsheets of many languages write semicolons
SEPARATOR = "|"  # between statements, and between questions, in a cell of a CSV file
TOO_LONG = "\0"  # stands for a row that is longer than a row may be


def _texts(value: object) -> object:
    """Return the texts of a list; a single text stands for itself."""
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def _identifier(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Text = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_texts), Field(max_length=MOST_TEXTS)]
Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]


class VignetteOptions(BaseModel):
    """How one vignette is answered; what is not given is as for the whole batch.

    Attributes:
        facts: Whether the facts of the world's file are told first.
        precision: The standard error to reach.
        seconds: The wall-clock seconds that an answer may take.
        particles: The most particles.
        method: The inference method.
        seed: The seed of the random numbers; by default it follows from the identifier.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    facts: Annotated[bool, Field(strict=True)] = True
    precision: Annotated[Positive, Field(lt=1)] = 0.005
    seconds: Positive = 60.0
    particles: Annotated[int, Field(strict=True, ge=1, le=10**9)] | None = None
    method: Literal["auto", "exact", "importance", "adaptive", "guided", "smc", "nuts", "svi"] = "auto"
    seed: Annotated[int, Field(strict=True, ge=0, le=MOST_SEED)] | None = None


class Vignette(BaseModel):
    """A conversation: a world, what is told of it, and the questions, which are answered in order.

    Attributes:
        id: What the row is called; no two rows of a batch have the same.
        world: The name of a built-in world, or the path of a world file.
        statements: What is told, in order.
        questions: What is asked, at least one question.
        options: How it is answered.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[Text, BeforeValidator(_identifier), Field(max_length=MOST_SHOWN)]
    world: Text
    statements: Texts = ()
    questions: Annotated[Texts, Field(min_length=1)]
    options: VignetteOptions = VignetteOptions()


@dataclass(frozen=True, slots=True)
class VignetteRow:
    """A row of a file: a vignette, or why it is none.

    Attributes:
        id: What it is called; `line 7` where the row does not say.
        vignette: The vignette, None for a bad row.
        refused: Why it is none.
        place: Where it stands.
    """

    id: str
    vignette: Vignette | None = None
    refused: str = ""
    place: str = ""


def distinct(entries: Iterable[VignetteRow]) -> Iterator[VignetteRow]:
    """Yield entries; one with the identifier of an earlier one is a bad row."""
    seen: dict[str, str] = {}
    for one in entries:
        before = seen.setdefault(one.id, one.place)
        again = before != one.place
        yield VignetteRow(f"{one.id} ({one.place})", refused=f"{before} has the same id, '{one.id}'") if again else one


def entry_of(row: object, place: str, defaults: Mapping[str, object] | None = None) -> VignetteRow:
    """Return the entry of one row; a mistake in it is the entry's own.

    Args:
        row: The row as plain data, with the fields of `Vignette`; `question` may stand for `questions`.
        place: What it is called where it has no identifier.
        defaults: The `world` and the options of rows that say nothing else.
    """
    if not isinstance(row, Mapping):
        return _bad(place, "a row is an object: {…} with id, world, statements and questions")
    found = dict(row)
    name = clean(str(found.get("id", place)))[:MOST_SHOWN] or place
    if "question" in found and "questions" not in found:
        found["questions"] = found.pop("question")
    common = dict(defaults or {})
    world = common.pop("world", None)
    if found.get("world") is None and world is not None:
        found["world"] = world
    options = found.get("options")
    if options is None or isinstance(options, Mapping):
        found["options"] = {**common, **(options or {})}
    try:
        return VignetteRow(name, Vignette.model_validate({"id": place, **found}), place=place)
    except ValidationError as error:
        return _bad(place, _explained(error), name)
    except RecursionError:
        return _bad(place, "this is nested too deeply", name)


def _bad(place: str, why: str, name: str | None = None) -> VignetteRow:
    return VignetteRow(name or place, refused=why, place=place)


_KNOWN = {"extra_forbidden": "unknown", "missing": "is missing", "string_unicode": "this is not UTF-8 text"}


def _explained(error: ValidationError) -> str:
    """Return the mistakes of a row in one line."""
    found = []
    for one in error.errors(include_url=False, include_input=False, include_context=False):
        path = ".".join(str(part) for part in one["loc"])
        said = _KNOWN.get(one["type"], one["msg"].replace("Input should", "it should"))
        close = _close(str(one["loc"][-1])) if one["type"] == "extra_forbidden" else ""
        found.append(f"{clean(path)[:MOST_SHOWN]}: {said}{close}")
    return "; ".join(found[:3]) + (f"; and {len(found) - 3} more mistakes" if len(found) > 3 else "")


def _close(name: str) -> str:
    near = difflib.get_close_matches(name, [*Vignette.model_fields, *VignetteOptions.model_fields, "question"], 1)
    return f"; did you mean '{near[0]}'?" if near else ""


# -- files ---------------------------------------------------------------------------------------------------


def read_vignettes(path: str | Path, defaults: Mapping[str, object] | None = None) -> Iterator[VignetteRow]:
    """Yield the rows of a file, in order.

    A file that ends in `.csv` or `.tsv` is a table with the columns `id`, `world`, `statements`, `questions` and any
    options; several statements or questions in a cell are separated by `|` or stand on lines of their own. Any other
    file is JSON lines: one object a line; empty lines, and those that begin with `#`, are left out. The standard input
    (`-`) is JSON lines if its first line begins with `{`, else a table.

    Args:
        path: The file; `-` is the standard input.
        defaults: The `world` and the options of rows that say nothing else.

    Raises:
        PlotError: The file can't be read, it has no rows, or its header is wrong.
    """
    empty = True
    with opened_text(path, "a file of vignettes") as file:
        lines = _bounded(file)
        first_line = next(lines, "")
        rows = (_table if _is_table(path, first_line) else _lines)(chain([first_line], lines), str(path), defaults)
        for one in rows:
            empty = False
            yield one
    if empty:
        raise PlotError(f"'{path}' has no rows", hint="write one JSON object a line, or a table with a header")


def _is_table(path: str | Path, first_line: str) -> bool:
    if str(path) == STDIN:
        return not first_line.lstrip().startswith(("{", "#"))
    return Path(path).suffix.lower() in (".csv", ".tsv")


def _lines(lines: Iterable[str], _: str, defaults: Mapping[str, object] | None) -> Iterator[VignetteRow]:
    """Yield the entries of JSON lines."""
    for number, line in enumerate(lines, 1):
        place = f"line {number}"
        if line == TOO_LONG:
            yield _bad(place, f"the row is longer than {MOST_ROW:,} letters")
        elif line.strip() and not line.lstrip().startswith("#"):
            yield _read(line, place, defaults)


def _read(line: str, place: str, defaults: Mapping[str, object] | None) -> VignetteRow:
    try:
        return entry_of(json.loads(line), place, defaults)
    except RecursionError:
        return _bad(place, "this is nested too deeply")
    except json.JSONDecodeError as error:
        hint = "; it begins a JSON array: write one object a line" if line.lstrip()[:1] == "[" else ""
        return _bad(place, f"this is no JSON: {error.msg.lower()} at column {error.colno}{hint}")
    except ValueError as error:
        return _bad(place, f"this is no JSON: {clean(str(error))[:MOST_SHOWN]}")


def _bounded(file: TextIO) -> Iterator[str]:
    """Yield the lines of a file; one that is too long to be a row is left out, and told of."""
    while line := file.readline(MOST_ROW + 1):
        if len(line) <= MOST_ROW or line.endswith("\n"):
            yield line
            continue
        while line and not line.endswith("\n"):
            line = file.readline(MOST_ROW)
        yield TOO_LONG


def _table(lines: Iterable[str], path: str, defaults: Mapping[str, object] | None) -> Iterator[VignetteRow]:
    """Yield the entries of a table. Raises PlotError where its header is wrong."""
    lines, head = iter(lines), []
    for line in lines:
        head.append(line)
        if line.strip():
            break
    delimiter = max(DELIMITERS, key="".join(head).count)
    reader = csv.reader(chain(head, lines), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    while True:
        place = f"line {reader.line_num + 1}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _bad(place, _no_row(error))
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if cells == [TOO_LONG]:
            yield _bad(place, f"the row is longer than {MOST_ROW:,} letters")
            continue
        if header is None:
            header = _header(cells, path)
        elif len(cells) > len(header):
            refused = f"the row has {len(cells)} cells, and the header {len(header)}: put cells with commas in quotes"
            yield _bad(place, refused, clean(cells[0])[:MOST_SHOWN])
        else:
            yield entry_of(_row(header, cells), place, defaults)


def _no_row(error: csv.Error) -> str:
    """Return why something is no row of a table."""
    if "end of data" in str(error):
        return 'a quote (") is opened here and never closed: all that follows would be one cell; write "" for a quote'
    return f"this is no row of a table: {clean(str(error))}"


def _header(cells: Iterable[str], path: str) -> list[str]:
    """Return the columns of a table. Raises PlotError for one that is not known, or is there twice."""
    found = [cell.strip().lower() for cell in cells]
    known = ["id", "world", "statements", "questions", "question", *VignetteOptions.model_fields]
    for name in found:
        if name not in known or found.count(name) > 1:
            near = difflib.get_close_matches(name, known, 1, 0.75)
            fault = "stands in the header twice" if name in known else "is no column of a table of vignettes"
            hint = f"the columns are {', '.join(known)}; leave out others, and join them by id"
            hint = f"did you mean '{near[0]}'?" if near and name not in known else hint
            raise PlotError(f"'{clean(name)[:MOST_SHOWN]}' {fault}", hint=hint, where=f"{path}, line 1")
    return found


def _row(header: list[str], cells: list[str]) -> dict[str, Any]:
    """Return a row of a table as plain data; an empty cell says nothing."""
    given = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if cell.strip()}
    found: dict[str, Any] = {name: given.pop(name) for name in ("id", "world") if name in given}
    for name in ("statements", "questions", "question"):
        if name in given:
            cut = given.pop(name).replace(SEPARATOR, "\n").split("\n")
            found[name] = [text.strip() for text in cut if text.strip()]
    return {**found, "options": {name: _value(cell) for name, cell in given.items()}}


_TRUTH = {"true": True, "yes": True, "false": False, "no": False}


def _value(cell: str) -> object:
    """Return what a cell of an option says: a number, true or false, or a text."""
    if cell.lower() in _TRUTH:
        return _TRUTH[cell.lower()]
    for number in (int, float):
        with suppress(ValueError):
            return number(cell)
    return cell


__all__ = ["Vignette", "VignetteOptions", "VignetteRow", "distinct", "entry_of", "read_vignettes"]
