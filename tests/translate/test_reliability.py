"""How reliable the constructions of the grammar are: posteriors by hand, and recovered from simulated judgements."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import reliability as command
from plot import World
from plot.errors import PlotError
from plot.translate import Cascade, Grammar
from plot.translate.base import Discourse, Reading
from plot.translate.english import reliability
from plot.translate.english.reliability import (
    STRENGTH,
    TYPICAL,
    UNJUDGED,
    Judged,
    estimated,
    loaded,
    reading_probability,
    risky,
    saved,
)

PRIOR = UNJUDGED ** (1 / TYPICAL)


def test_a_construction_has_a_beta_posterior() -> None:
    """Beta(10 · p, 10 · (1 - p)) with 18 right and 2 wrong has the mean (18 + 10 · p) / 30."""
    assert Judged(18, 2).reliability == pytest.approx((18 + STRENGTH * PRIOR) / 30)
    assert Judged().reliability == pytest.approx(PRIOR)
    assert reading_probability(["a", "b"], {"a": Judged(18, 2)}) == pytest.approx(Judged(18, 2).reliability * PRIOR)


def test_alone_a_construction_takes_all_the_blame() -> None:
    table = estimated([(["a"], True)] * 6 + [(["a"], False)] * 2)
    assert table == {"a": Judged(6, 2)}


def test_blame_goes_to_the_construction_that_is_elsewhere_wrong_too() -> None:
    sentences = [(["good", "bad"], False)] * 10 + [(["good"], True)] * 50 + [(["bad"], False)] * 10
    table = estimated(sentences)
    assert table["bad"].reliability < 0.4 < 0.9 < table["good"].reliability
    assert risky(["good", "bad"], table) == ["bad"]


def test_planted_reliabilities_are_recovered() -> None:
    """Within five standard errors of a share, and of what the prior adds."""
    true = {"a": 0.99, "b": 0.7, "c": 0.9, "d": 1.0}
    draw = random.Random(3)
    sentences = []
    for _ in range(4_000):
        names = draw.sample(list(true), 2)
        sentences.append((names, draw.random() < math.prod(true[name] for name in names)))
    table = estimated(sentences)
    for name, expected in true.items():
        count = sum(name in names for names, _ in sentences)
        error = math.sqrt(max(expected * (1 - expected), 0.02) / count) * math.sqrt(2)
        assert table[name].reliability == pytest.approx(expected, abs=5 * error + STRENGTH / count)


def test_counts_are_kept_in_a_file(tmp_path: Path) -> None:
    table = {"b": Judged(3, 0.25), "a": Judged(10, 0)}
    saved(tmp_path / "table.csv", table)
    assert loaded(tmp_path / "table.csv") == table
    assert (tmp_path / "table.csv").read_text().splitlines()[:2] == ["construction,right,wrong", "a,10.000,0.000"]


def test_answers_say_how_sure_the_reading_is() -> None:
    answer = World.load("clinic").conversation(facts=False).ask("Is Ann vaccinated?")
    (held,) = answer.utterances[-1].readings
    assert answer.reading_probability == pytest.approx(held.reliability)
    assert 0.9 < held.reliability < 1
    assert answer.to_json()["reading_probability"] == answer.reading_probability
    assert "right with a probability of about" in str(answer)


def test_the_command_estimates_from_judged_sentences(tmp_path: Path) -> None:
    file = tmp_path / "judged.jsonl"
    file.write_text(
        '{"world": "tugofwar", "say": "Tom beat John.", "right": true}\n'
        '{"world": "tugofwar", "given": ["Tom beat John."], "say": "Was he lazy?", "right": false}\n'
        '{"world": "tugofwar", "say": "Xyzzy plugh.", "right": false}\n'
    )
    found = CliRunner().invoke(command.main, [str(file)])
    assert found.exit_code == 0, found.output
    assert "3 sentences, 1 refused or not judged, 1 wrong" in found.output
    first = found.output.splitlines()[1]
    assert "wrong" in first and "100" not in first.split()[0]


def test_the_grammar_hands_over_where_it_is_often_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        name = "other"
        asked = 0

        def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
            self.asked += 1
            if "Sue" in utterance:
                raise PlotError("no idea")
            return (Reading("observation", 'condition(strength("tom") > 3)', translator="other"),)

    other = Other()
    cascade = Cascade(((Grammar(),), (other,)))
    discourse = Discourse(World.load("tugofwar"))
    (plain,) = cascade.translate("Tom beat John.", discourse)
    assert plain.translator == "grammar" and other.asked == 0
    table = {name: Judged(0, 50) for name in plain.constructions}
    monkeypatch.setattr(reliability, "judgements", lambda: table)
    assert [one.translator for one in cascade.translate("Tom beat John.", discourse)] == ["other"]
    assert cascade.translate("Tom beat Sue.", discourse)[0].translator == "grammar" and other.asked == 2
