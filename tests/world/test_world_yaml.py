"""World files as YAML: what is read, what is refused, and that each refusal shows its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from plot.errors import PlotError, PlotErrors
from plot.worldfile.marked import MOST_BYTES, Marked, read
from plot.worldfile.places import builtin_worlds
from tests.support.clock import effort


def refused(text: str) -> PlotError:
    with pytest.raises(PlotError) as caught:
        read(text, "w.yaml")
    return caught.value


def test_scalars_are_words_unless_they_are_plainly_something_else() -> None:
    text = "[1, 2.5, 1e-6, .5, -3, true, False, ~, null, yes, no, on, 0x10, 1:30, 2020-01-01, 1_000, .inf]"
    expected = [
        1,
        2.5,
        1e-6,
        0.5,
        -3,
        True,
        False,
        None,
        None,
        "yes",
        "no",
        "on",
        "0x10",
        "1:30",
        "2020-01-01",
    ]
    assert read(text, "w").plain == [*expected, "1_000", ".inf"]
    assert read("""['1', "true", '']""", "w").plain == ["1", "true", ""]


def test_every_value_and_key_knows_its_place() -> None:
    found = read("name: Zoë\nlist:\n  - a\n  - 'é b'\n", "w.yaml")
    item = found.at(("list", 1))
    assert (item.value, item.style, item.span.place) == ("é b", "'", "w.yaml, line 4, column 5")
    assert found.keys["list"].place == "w.yaml, line 2, column 1"


def test_line_endings_and_a_byte_order_mark_do_not_matter() -> None:
    assert read("a: |\r\n  x\r\n  y\r\nb: 2\r\n", "w").plain == {"a": "x\ny\n", "b": 2}
    assert read("\ufeffa: 1\n", "w").plain == {"a": 1}


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("a: &x [1]\nb: *x\n", "anchors and aliases (&x) are not supported", "line 1, column 4"),
        ("b: *x\n", "anchors and aliases (*x) are not supported", "line 1, column 4"),
        (
            "a: !!python/object/apply:os.system ['ls']\n",
            "tags (tag:yaml.org,2002:python/object/apply:os.system)",
            "line 1",
        ),
        ("a: !custom x\n", "tags (!custom) are not supported", "line 1, column 4"),
        ("a: !!str 5\n", "tags", "line 1, column 4"),
        ("a:\n  <<: {b: 1}\n", "a key must be a word", "line 2, column 3"),
        ("? [a, b]\n: 1\n", "a key must be a word", "line 1, column 3"),
        ("[" * 100, "lists and mappings are nested more than 30 deep", "line 1, column 32"),
        ("a: 1\n---\nb: 2\n", "a second document in one file", "line 2, column 1"),
        ("a: Tom: strong\n", "mapping values are not allowed", "line 1, column 7"),
        ("a:\n\tb: 1\n", "this is not YAML", "line 2, column 1"),
        ("a: 'x\nb: 2\n", "this is not YAML: found unexpected end of stream", "line 1, column 4"),
        ("a: [1, 2\n", "this is not YAML", "line 1"),
        ("a: @b\n", "this is not YAML", "line 1, column 4"),
        ("a: b\nc: \x1b[31m\n", "a character that is not allowed in YAML: U+001B", "line 2, column 4"),
        ("a: b\u2028c\n", "a character that is not allowed in YAML: U+2028", "line 1, column 5"),
        ("a: " + "1" * 400, "a number with too many digits", "line 1, column 4"),
    ],
)
def test_refusals_show_their_place(text: str, message: str, place: str) -> None:
    error = refused(text)
    assert message in error.message
    assert error.where is not None
    assert place in error.where


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a: Tom: strong\n", "a text with a colon in it needs quotes"),
        ("a:\n\tb: 1\n", "YAML is indented with spaces, not with tabs"),
        ("a: 'x\nb: 2\n", "a quote or a bracket is not closed"),
        ("a: `b`\n", "put the text in quotes"),
    ],
)
def test_syntax_errors_have_a_hint(text: str, hint: str) -> None:
    assert refused(text).hint == hint


def test_duplicate_keys_are_all_told_with_both_lines() -> None:
    error = refused("name: a\nmodel: b\nname: c\nmodel: d\n")
    assert isinstance(error, PlotErrors)
    assert [one.where for one in error.errors] == ["w.yaml, line 3, column 1", "w.yaml, line 4, column 1"]
    assert error.errors[1].hint == "it is also in line 2; keep one of the two"


@pytest.mark.parametrize("text", ["", "# nothing\n", "\n\n"])
def test_an_empty_file_is_an_error(text: str) -> None:
    assert refused(text).message == "the file is empty"


@pytest.mark.parametrize(
    "text",
    [
        "a0: &a0 [lol]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)),
        "a: " + "x" * MOST_BYTES,
        "a:\n" + "- 1\n" * 100_000,
        "[" * 500_000,
        "{a: " * 200_000,
        "- " * 400_000,
    ],
    ids=["billion laughs", "too long", "too many values", "brackets", "braces", "dashes"],
)
def test_a_bomb_is_refused_at_once(text: str) -> None:
    assert effort(lambda: refused(text)) < 150  # measured: 20


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read(text, "w")
    except PlotError:
        return
    assert isinstance(found, Marked)


Plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text(st.characters(codec="ascii", exclude_categories=["Cc"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.from_regex("[a-z]{1,8}", fullmatch=True), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(Plain)
def test_json_is_read_as_what_it_is(value: object) -> None:
    assert read(json.dumps(value), "w").plain == value


@pytest.mark.parametrize("path", builtin_worlds().values(), ids=str)
def test_worlds_are_yaml_to_other_tools_as_well(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert yaml.load(text, Loader=yaml.SafeLoader).keys() == read(text, str(path)).plain.keys()
