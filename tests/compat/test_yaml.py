"""What `plot/compat/yaml.py` relies on."""

from __future__ import annotations

import pytest
import yaml

from plot.compat import yaml as compat
from plot.compat.yaml import YamlProblem, events, problem_of
from tests.compat import relies_on


def problem(text: str) -> YamlProblem:
    with pytest.raises(yaml.MarkedYAMLError) as caught:
        list(events(text))
    return problem_of(caught.value)


def test_events_have_marks() -> None:
    with relies_on("PyYAML", "events with marks, styles and anchors"):
        found = [one for one in events("a: |\n  b\nc: [1, 'x']\n") if isinstance(one, yaml.ScalarEvent)]
        assert [one.value for one in found] == ["a", "b\n", "c", "1", "x"]
        assert [one.style or "" for one in found] == ["", "|", "", "", "'"]
        assert (found[2].start_mark.line, found[2].start_mark.column) == (2, 0)
        assert found[4].end_mark.column == 10


@pytest.mark.parametrize(
    ("text", "line", "hint"),
    [
        ("a: b: c\n", 0, "quotes"),
        ("a: 1\nb\n", 1, "colon"),
        ("a: 'open\n", 0, "not closed"),
        ("a:\n  b: 1\n c: 2\n", 2, "indent"),
        ("- 1\nb: 2\n", 1, "indent"),
        ("a: [1 2\nb: 3\n", 0, "bracket"),
        ("a: &\n", 0, "quotes"),
    ],
)
def test_each_hint_follows_from_a_message(text: str, line: int, hint: str) -> None:
    with relies_on("PyYAML", f"the wording of its message on {text!r}"):
        found = problem(text)
        assert found.hint is not None and hint in found.hint
        assert found.mark.line in (line, line + 1)


def test_a_character_that_begins_nothing() -> None:
    with relies_on("PyYAML", "the wording of its message on a tab"):
        assert problem("a:\n\t- b\n").strange and not problem("a: b: c\n").strange


def test_what_is_missing_is_told_with_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    class Newer:
        """A yaml without the function."""

    monkeypatch.setattr(compat, "yaml", Newer())
    with pytest.raises(AssertionError, match=r"^PyYAML [\d.]+ does not do what PLoT relies on: .*AttributeError"):
        test_events_have_marks()
