"""Files of vignettes: what is read, and which mistakes a row, or a whole file, is refused for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plot.batch.vignettes import MOST_ROW, VignetteRow, distinct, read_vignettes
from plot.errors import PlotError
from tests.batch.rows import vignette


def entries(tmp_path: Path, data: str | bytes, name: str = "rows.jsonl") -> list[VignetteRow]:
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return list(distinct(read_vignettes(path, {"world": "clinic", "precision": 0.1})))


def test_json_lines_with_comments_and_defaults(tmp_path: Path) -> None:
    rows = '# a comment\n\n{"id": 7, "question": "Q?", "statements": "A. B."}\r\n' + json.dumps(vignette(1))
    first, second = (one.vignette for one in entries(tmp_path, "\ufeff" + rows))
    assert first is not None and second is not None
    assert (first.id, first.world, first.statements, first.questions) == ("7", "clinic", ("A. B.",), ("Q?",))
    assert (first.options.precision, second.options.precision, second.world) == (0.1, 0.08, "tugofwar")


def test_a_table_separates_texts_in_a_cell(tmp_path: Path) -> None:
    text = 'ID,world,statements,questions,precision,facts,method\na,,"A. | B, c.","Q?\nR?",,no,exact\n\nb,x,,Q?,.2,,\n'
    first, second = (one.vignette for one in entries(tmp_path, text, "rows.csv"))
    assert first is not None and second is not None
    assert (first.statements, first.questions, first.world) == (("A.", "B, c."), ("Q?", "R?"), "clinic")
    assert (first.options.facts, first.options.method, first.options.precision) == (False, "exact", 0.1)
    assert (second.id, second.statements, second.options.facts) == ("b", (), True)


BAD = {
    "[1, 2]": "a row is an object",
    "{oops": "this is no JSON",
    '[{"id": "a"}': "write one object a line",
    '{"id": "a"}': "questions: is missing",
    '{"id": "a", "questions": []}': "questions",
    '{"id": "a", "questions": ["Q?", 3]}': "questions.1",
    '{"id": "a", "questions": "Q?", "world": 3}': "world",
    '{"id": true, "questions": "Q?"}': "id",
    '{"id": "a", "questions": "Q?", "statement": "S."}': "did you mean 'statements'?",
    '{"id": "a", "questions": "Q?", "options": {"presicion": 0.1}}': "did you mean 'precision'?",
    '{"id": "a", "questions": "Q?", "options": {"precision": 1.5}}': "options.precision",
    '{"id": "a", "questions": "Q?", "options": {"precision": NaN}}': "options.precision",
    '{"id": "a", "questions": "Q?", "options": {"seconds": "5"}}': "options.seconds",
    '{"id": "a", "questions": "Q?", "options": {"method": "magic"}}': "options.method",
    '{"id": "a", "questions": "Q?", "options": 3}': "options",
    '{"id": "a", "questions": "\\ud800?"}': "UTF-8",
    '{"id": "a", "questions": "' + "x" * MOST_ROW + '"}': "longer than",
    "[" * 100_000: "nested",
    '{"id": ' + "9" * 5_000 + "}": "no JSON",
}


@pytest.mark.parametrize("row", BAD, ids=range(len(BAD)))
def test_a_bad_row_fails_alone(tmp_path: Path, row: str) -> None:
    first, second = entries(tmp_path, f"{row}\n{json.dumps(vignette(1))}\n")
    assert first.vignette is None and BAD[row] in first.refused and len(first.refused) < 500
    assert second.vignette is not None


def test_bytes_that_are_no_text_spoil_one_row(tmp_path: Path) -> None:
    first, second = entries(tmp_path, b'{"id": "a", "question": "Q\xff?"}\n{"id": "b", "question": "Q?"}')
    assert "UTF-8" in first.refused and second.vignette is not None


def test_the_second_row_of_one_id_is_refused(tmp_path: Path) -> None:
    row = '{"id": "a", "question": "Q?"}\n'
    first, second = entries(tmp_path, row + row)
    assert first.vignette is not None and second.refused == "line 1 has the same id, 'a'"


def test_rows_of_a_table_that_are_too_long(tmp_path: Path) -> None:
    text = f"id,questions\na,Q?,more\n{'x' * 2 * MOST_ROW}\nb,{'y' * 200_000}\nc,Q?\n"
    many, long, field, good = entries(tmp_path, text, "rows.csv")
    assert "3 cells" in many.refused and "longer than" in long.refused and "no row of a table" in field.refused
    assert good.vignette is not None and good.id == "c"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("rows.jsonl", "", "has no rows"),
        ("rows.jsonl", "# only this\n", "has no rows"),
        ("rows.csv", "id,quesions\na,Q?\n", "did you mean 'questions'?"),
        ("rows.csv", "id,id,questions\n", "twice"),
        ("rows.jsonl", "\0\1", "binary"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole(tmp_path: Path, name: str, data: str, message: str) -> None:
    with pytest.raises(PlotError, match=message.replace("?", "\\?")):
        entries(tmp_path, data, name)


@pytest.mark.parametrize("delimiter", [";", "\t", ","])
def test_a_table_of_another_spreadsheet_has_other_delimiters(tmp_path: Path, delimiter: str) -> None:
    rows = '\n\nid,statements,questions,facts\na,"A; b, c.",Q?,no\n'.replace(",", delimiter).replace(
        f"b{delimiter}", "b,"
    )
    (one,) = entries(tmp_path, "\ufeff" + rows.replace("\n", "\r\n"), "rows.csv")
    assert one.vignette is not None and one.place == "line 4"
    assert (one.vignette.statements, one.vignette.questions) == (("A; b, c.",), ("Q?",))


def test_a_quote_that_is_never_closed_is_told_where_it_opens(tmp_path: Path) -> None:
    text = 'id,statements,questions\na,A.,Q?\nb,"A.,Q?\nc,A.,Q?\n'
    first, second = entries(tmp_path, text, "rows.csv")
    assert first.vignette is not None
    assert second.place == "line 3" and "never closed" in second.refused
