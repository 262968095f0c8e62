"""Domains in statements: balanced clusters, experts whose probabilities sum to one, a gate with its limits."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from plot.cli import main
from plot.errors import PlotError
from plot.routing import domains_of
from plot.routing.discovery import Discovery, Experts, balanced, discover, gated
from plot.routing.discovery.experts import BEGIN, contexts
from plot.world import WorldSpec, builtin_worlds

GARDEN = ["The rose is red.", "Roses need water.", "The rose needs sun.", "A rose has thorns.", "Water the roses!"]
SEA = [
    "The ship sails north.",
    "A storm sank the ship.",
    "Is the ship aground?",
    "The captain sails.",
    "The ship is old.",
]
SMALL = GARDEN + SEA


@pytest.fixture(scope="module")
def shipped() -> list[tuple[str, str]]:
    domains = domains_of({name: WorldSpec.load(name) for name in builtin_worlds()})
    return [(line, one.name) for one in domains for line in one.lines]


@pytest.fixture(scope="module")
def eight(shipped: list[tuple[str, str]]) -> Discovery:
    return discover([line for line, _ in shipped], 8)


# -- the gate ------------------------------------------------------------------------------------------------

rows = st.lists(st.lists(st.floats(0, 3), min_size=4, max_size=4), min_size=1, max_size=6)


@given(rows, st.floats(0.001, 10))
def test_the_gate_sums_to_one_and_the_nearest_is_heaviest(far: list[list[float]], heat: float) -> None:
    distances = np.array(far)
    weights = gated(distances, heat)
    assert weights.sum(axis=1) == pytest.approx(1)
    heaviest = weights[np.arange(len(far)), distances.argmin(axis=1)]
    assert (heaviest >= weights.max(axis=1) - 1e-12).all()


@given(rows)
def test_all_experts_are_the_dense_gate(far: list[list[float]]) -> None:
    distances = np.array(far)
    assert (gated(distances, 0.3, 4) == gated(distances, 0.3)).all()
    assert (gated(distances, 0.3, 99) == gated(distances, 0.3, None)).all()


def test_a_cold_gate_is_the_top_one() -> None:
    distances = np.random.default_rng(0).uniform(0, 2, (50, 6))
    top = gated(distances, 0.5, 1)
    assert (top.max(axis=1) == 1).all()
    assert (gated(distances, 0.0) == top).all()
    assert gated(distances, 1e-9) == pytest.approx(top)


def test_a_gate_that_is_none() -> None:
    for distances, heat, k in (
        (np.zeros((1, 0)), 1.0, None),
        (np.zeros((1, 2)), -1.0, None),
        (np.zeros((1, 2)), 1.0, 0),
    ):
        with pytest.raises(PlotError):
            gated(distances, heat, k)


# -- clusters ------------------------------------------------------------------------------------------------


@given(st.integers(2, 30), st.integers(1, 8), st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_no_cluster_has_more_than_its_share(many: int, count: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(many, 3))
    labels, centres = balanced(vectors, min(count, many), np.random.default_rng(seed))
    sizes = np.bincount(labels, minlength=len(centres))
    assert sizes.max() <= math.ceil(many / len(centres))
    assert sizes.sum() == many


def test_equal_vectors_are_shared_out() -> None:
    labels, _ = balanced(np.ones((6, 2)), 3, np.random.default_rng(0))
    assert np.bincount(labels).tolist() == [2, 2, 2]


def test_what_lies_apart_is_found() -> None:
    vectors = np.concatenate([np.random.default_rng(0).normal(place, 0.1, (20, 2)) for place in (0, 5, 10)])
    labels, _ = balanced(vectors, 3, np.random.default_rng(0))
    assert adjusted_rand_score(np.repeat([0, 1, 2], 20), labels) == 1


# -- experts -------------------------------------------------------------------------------------------------


def test_the_probabilities_of_an_expert_sum_to_one() -> None:
    texts = ["a b a", "b c", "a", "c c d"]
    experts = Experts.of(texts, [0, 1, 0, 1], 2)
    follow = [place for word, place in experts.vocabulary.items() if word != BEGIN]
    for before in experts.vocabulary.values():
        assert sum(experts.predicted(before, word) for word in follow) == pytest.approx(1)


def test_an_expert_knows_its_own_domain_best() -> None:
    experts = Experts.of(["rose tree"] * 5 + ["ship sea"] * 5, [0] * 5 + [1] * 5, 2)
    first, second = (np.log(rows).sum(axis=0) for rows in experts.logs(["rose tree", "ship sea"]))
    assert first[0] > first[1] and second[1] > second[0]


def test_the_gate_sees_only_what_was_said_before() -> None:
    assert contexts("a b") == ["", "a", "a b"]
    assert contexts("") == [""]


# -- discovery -----------------------------------------------------------------------------------------------


def test_two_domains() -> None:
    garden = [
        f"The {noun} {verb}." for noun in ("rose", "tree", "hedge") for verb in ("grows", "needs water", "blooms")
    ]
    sea = [f"A {noun} {verb}." for noun in ("ship", "sailor", "captain") for verb in ("sails", "is aboard", "drowns")]
    said = garden + sea
    found = discover(said, 2)
    assert adjusted_rand_score([0] * 9 + [1] * 9, found.labels) == 1
    assert {place for one in found.clusters for place in one.places} == set(range(18))
    assert all(one.examples and set(one.examples) <= set(said) for one in found.clusters)
    ship = found.clusters[found.labels[said.index("A ship sails.")]]
    assert "sails" in ship.words
    assert next(iter(found.weights("The sailor drowns."))) == ship.name


def test_the_limits_of_the_ensemble(eight: Discovery, shipped: list[tuple[str, str]]) -> None:
    said = [line for line, _ in shipped[::10]]
    assert eight.score(said, top_k=8) == eight.score(said)
    assert eight.score(said, temperature=0.0) == pytest.approx(eight.score(said, temperature=1e-9))
    weights = eight.weights(said[0], top_k=2)
    assert sum(share > 0 for share in weights.values()) == 2
    assert sum(weights.values()) == pytest.approx(1)


def test_clusters_of_the_shipped_worlds_are_like_the_worlds(eight: Discovery, shipped: list[tuple[str, str]]) -> None:
    """docs/router.md has the figures; by chance it would be near 0."""
    true = [name for _, name in shipped]
    assert adjusted_rand_score(true, eight.labels) > 0.4
    shuffled = np.random.default_rng(0).permutation(eight.labels)
    assert abs(adjusted_rand_score(true, shuffled)) < 0.05


def test_words_of_like_meaning_are_together() -> None:
    """No two statements share a word."""
    said = ["Apples ripen.", "Pears rot.", "Plums taste sweet.", "Trains derail.", "Buses crash.", "Trams stop."]
    assert adjusted_rand_score([0] * 3 + [1] * 3, discover(said, 2).labels) == 1


def test_it_is_the_same_every_time(shipped: list[tuple[str, str]]) -> None:
    said = [line for line, _ in shipped][::3]
    assert discover(said, 4, seed=3).labels == discover(said, 4, seed=3).labels


def test_auto_takes_the_fewest_within_a_standard_error_of_the_best(shipped: list[tuple[str, str]]) -> None:
    true, said = zip(
        *[(name, line) for line, name in shipped if name in ("clinic", "tabletop", "lunch")][::3], strict=True
    )
    found = discover(said)
    best = max(found.curve, key=lambda point: point.score)
    (taken,) = (point for point in found.curve if point.clusters == len(found.clusters))
    assert taken.score >= best.score - best.error
    assert all(point.score < best.score - best.error for point in found.curve if point.clusters < taken.clusters)
    assert 1 < taken.clusters < best.clusters
    assert found.temperature == taken.temperature
    assert adjusted_rand_score(true, found.labels) > 0.6
    assert [point.clusters for point in found.curve][:3] == [1, 2, 3]
    assert best.score > found.curve[0].score
    assert all(point.error > 0 for point in found.curve)


@pytest.mark.parametrize(("said", "count"), [([], None), (["One."], None), (["  ", "One."], 1), (["A.", "B."], 3)])
def test_what_can_not_be_clustered(said: list[str], count: int | None) -> None:
    with pytest.raises(PlotError):
        discover(said, count)


@pytest.mark.parametrize("said", [["Same."] * 6, ["?!", "…", "."], ["Tom.", "Ann.", "7."], ["a", "the", "of", "and"]])
def test_statements_with_little_to_tell(said: list[str]) -> None:
    found = discover(said)
    assert sum(len(one.places) for one in found.clusters) == len(said)
    assert len(discover(said, 2).clusters) == 2
    assert len({one.name for one in discover(said, 2).clusters}) == 2


@given(st.lists(st.text(min_size=1, max_size=20), min_size=2, max_size=8), st.integers(1, 3))
@settings(max_examples=15, deadline=None)
def test_any_statements(said: list[str], count: int) -> None:
    try:
        found = discover(said, count)
    except PlotError:
        return
    assert len(found.labels) == len([text for text in said if text.strip()])
    assert math.isfinite(found.score(said))


# -- the command ---------------------------------------------------------------------------------------------


def plot(*args: str, code: int = 0, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(main, ["discover", *args], input=stdin, catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "said.txt").write_text("# a comment\n\n" + "\n".join(SMALL))
    return str(tmp_path / "said.txt")


def test_the_command_shows_domains(file: str) -> None:
    said = plot(file, "--clusters", "2").stdout
    assert said.count("(5 statements)") == 2
    assert "“" in said and "log score" not in said


def test_the_command_shows_the_curve(file: str) -> None:
    assert "log score per word" in plot(file).stdout
    assert plot("-", stdin="\n".join(SMALL)).stdout == plot(file).stdout


def test_the_command_in_json(file: str) -> None:
    found: dict[str, Any] = json.loads(plot(file, "--json").stdout)
    assert sorted(line for one in found["clusters"] for line in one["statements"]) == sorted(SMALL)
    assert set(found["curve"][0]) == {"clusters", "temperature", "log_score", "error"}
    assert json.loads(plot(file, "--clusters", "2", "--json").stdout)["curve"] == []


@pytest.mark.parametrize("clusters", ["0", "-1", "two", "1.5", "²", "99999", ""])
def test_a_number_of_clusters_that_is_none(file: str, clusters: str) -> None:
    assert "neither auto nor a whole number" in plot(file, "--clusters", clusters, code=2).stderr


def test_files_without_statements(tmp_path: Path, file: str) -> None:
    (tmp_path / "empty.txt").write_text("# nothing\n")
    assert "contains no statements" in plot(str(tmp_path / "empty.txt"), code=1).stderr
    assert "nowhere" in plot(str(tmp_path / "nowhere.txt"), code=1).stderr
    assert "can't be 11 clusters" in plot(file, "--clusters", "11", code=1).stderr
