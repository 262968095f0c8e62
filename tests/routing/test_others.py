"""The other routers, the gates, the experts and their load."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from plot.errors import PlotError
from plot.llm import Client, Entry
from plot.llm.store import Store
from plot.routing import (
    Asked,
    Capacity,
    Domain,
    Expert,
    Hashed,
    Learned,
    Load,
    Neighbours,
    Random,
    Routing,
    dense,
    shared,
    top_1,
    top_k,
)
from plot.testing import ScriptedModel, Status
from plot.translate.mixture.reply_weights import read_weights
from tests.support.clock import SOON

# -- neighbours ----------------------------------------------------------------------------------------------


def test_neighbours_show_their_evidence(learned: Learned) -> None:
    found = Neighbours(learned.domains).route(["Which of the mugs are green?"])
    assert found.best == "tabletop"
    assert found.reasons[0].world == "tabletop"
    assert "mugs" in found.reasons[0].text
    amounts = [reason.amount for reason in found.reasons]
    assert amounts == sorted(amounts, reverse=True) and amounts[0] <= 1 + 1e-9


def test_neighbours_abstain(two: tuple[Domain, ...]) -> None:
    router = Neighbours(two)
    assert router.route(["Inflation fell."]).abstains
    assert not router.route(["Are the roses red?"]).abstains


# -- those that know nothing ---------------------------------------------------------------------------------


def test_a_hash_is_always_the_same() -> None:
    router, worlds = Hashed(["a", "b", "c"]), set()
    for number in range(30):
        found = router.route([f"text {number}"])
        assert found == router.route([f"text {number}"])
        assert set(found.scores.values()) == {1 / 3}
        worlds.add(found.best)
    assert worlds == {"a", "b", "c"}


def test_random_is_seeded() -> None:
    def order(seed: int) -> list[str]:
        router = Random(["a", "b", "c"], seed)
        return [router.route(["x"]).best for _ in range(20)]

    assert order(1) == order(1) != order(2)
    assert set(order(1)) == {"a", "b", "c"}


@pytest.mark.parametrize("make", [Hashed, Random])
def test_no_worlds(make: type[Hashed] | type[Random]) -> None:
    with pytest.raises(PlotError, match="no worlds"):
        make([])


# -- a language model ----------------------------------------------------------------------------------------


def asked(replies: Sequence[object], domains: tuple[Domain, ...], said: str = "The soup is hot.") -> Routing:
    with ScriptedModel(list(replies)) as server:  # type: ignore[arg-type]
        entry = Entry(name="parrot", model="scripted", base_url=server.base_url, samples=1, timeout=SOON, retries=0)
        with Client(store=Store(), cache=False) as client:
            found = Asked(domains, entry, client).route([said])
        (request,) = server.requests
        for one in domains:
            assert f"- {one.name}: {one.description}" in request.last_text
        assert said in request.last_text
        return found


def test_a_model_is_asked(two: tuple[Domain, ...]) -> None:
    found = asked(['{"weights": {"kitchen": 3, "garden": 1}, "reason": "soup is cooked"}'], two)
    assert found.scores == {"kitchen": 0.75, "garden": 0.25}
    assert found.reasons[0].text == "soup is cooked"
    assert not found.abstains


def test_a_model_may_abstain(two: tuple[Domain, ...]) -> None:
    found = asked(['{"weights": {}, "reason": "neither"}'], two)
    assert found.abstains
    assert found.scores == {"garden": 0.5, "kitchen": 0.5}


def test_a_model_that_fails_is_told_as_an_error(two: tuple[Domain, ...]) -> None:
    for reply in ("I can't say.", Status(401), '{"weights": [1]}', '{"weights": {"bath": 1}}', '{"weights": {"gar'):
        with pytest.raises(PlotError):
            asked([reply], two)


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ('```json\n{"weights": {"garden": 0.2, "kitchen": 0.8}}\n```', {"garden": 0.2, "kitchen": 0.8}),
        ('<think>{"weights": {"garden": 1}}</think>{"weights": {"Kitchen ": "80 %"}}', {"kitchen": 0.8}),
        ('{"a": 1} then {"weights": {"garden": 0, "bath": 0.5, "kitchen": 1}}', {"garden": 0.0, "kitchen": 1.0}),
    ],
)
def test_replies_are_read_tolerantly(text: str, weights: dict[str, float]) -> None:
    assert read_weights(text, ["garden", "kitchen"])[0] == pytest.approx(weights)


@pytest.mark.parametrize("amount", ["-1", '"much"', "NaN", "Infinity", "true", "null", "[1]"])
def test_weights_that_are_none_are_refused(amount: str) -> None:
    with pytest.raises(PlotError, match="is not a number"):
        read_weights(f'{{"weights": {{"garden": {amount}}}}}', ["garden"])


def test_what_a_model_says_is_safe_to_show() -> None:
    _, reason = read_weights(json.dumps({"weights": {"garden": 1}, "reason": "\x1b[31mred\u202e" * 100}), ["garden"])
    assert "\x1b" not in reason and "\u202e" not in reason and len(reason) <= 300


# -- gates, experts ------------------------------------------------------------------------------------------


def test_gates() -> None:
    scores = {"a": 0.5, "b": 0.3, "c": 0.2}
    assert top_1(scores) == {"a": 1.0}
    assert top_k(scores, 2) == pytest.approx({"a": 0.625, "b": 0.375})
    assert top_k(scores, 3) == top_k(scores, 99) == dense(scores) == pytest.approx(scores)
    assert list(dense({"x": 1, "y": 3})) == ["y", "x"]


@pytest.mark.parametrize("scores", [{}, {"a": 0.0}])
def test_gates_refuse_nothing(scores: dict[str, float]) -> None:
    with pytest.raises(PlotError):
        dense(scores)
    with pytest.raises(PlotError):
        top_k({"a": 1.0}, 0)


def test_experts_share_the_weights_of_their_worlds() -> None:
    experts = [Expert("gpt", "a", "short"), Expert("gpt", "a"), Expert("grammar", "b")]
    weights = shared({"a": 0.6, "b": 0.4, "c": 0.0}, experts)
    assert weights == pytest.approx({"grammar@b": 0.4, "gpt@a[short]": 0.3, "gpt@a": 0.3})


# -- load ----------------------------------------------------------------------------------------------------


def test_the_entropy_of_the_load() -> None:
    load = Load(("a", "b", "c", "d"))
    assert (load.bits, load.evenness) == (0, 0)
    for expert in "aabb":
        load.count(expert)
    assert load.bits == pytest.approx(1)
    assert load.evenness == pytest.approx(0.5)
    for expert in "ccdd":
        load.count(expert)
    assert load.evenness == pytest.approx(1)
    with pytest.raises(PlotError, match="no expert 'e'"):
        load.count("e")


@pytest.mark.parametrize(
    ("calls", "weight", "collapsed"),
    [(20, 0.5, True), (19, 0.5, False), (20, 0.95, False), (20, 0.85, True)],
)
def test_a_gate_has_collapsed(calls: int, weight: float, collapsed: bool) -> None:
    """One expert gets all calls: that is a collapse only where the gate gives weight to others too."""
    load = Load(("a", "b"))
    for _ in range(calls):
        load.count("a", {"a": weight, "b": 1 - weight})
    assert load.collapsed is collapsed


def test_nine_in_ten_is_not_yet_a_collapse() -> None:
    load = Load(("a", "b"))
    for number in range(20):
        load.count("b" if number < 2 else "a", {"a": 0.5, "b": 0.5})
    assert not load.collapsed


def test_a_full_expert_overflows_to_the_next() -> None:
    now = [0.0]
    capacity = Capacity({"a": 2, "b": 1, "c": None}, lambda: now[0])
    ranking = ["a", "b", "c"]
    assert [capacity.take(ranking)[0] for _ in range(5)] == ["a", "a", "b", "c", "c"]
    now[0] = 60.0
    assert [capacity.take(ranking)[0] for _ in range(4)] == ["a", "a", "b", "c"]


def test_where_all_are_full_the_first_to_be_free_is_waited_for() -> None:
    now = [0.0]
    capacity = Capacity({"a": 1, "b": 1}, lambda: now[0])
    assert capacity.take(["a", "b"]) == ("a", 0)
    now[0] = 10.0
    assert capacity.take(["a", "b"]) == ("b", 0)
    now[0] = 15.0
    assert capacity.take(["b", "a"]) == ("a", 45)  # free at 60, b at 70
    assert capacity.take(["a", "b"]) == ("b", 55)
    assert capacity.take(["a", "b"]) == ("a", 105)  # at 120
    with pytest.raises(PlotError):
        capacity.take([])


def test_the_template_travels() -> None:
    assert (Path(__file__).resolve().parents[2] / "prompts" / "route.md.j2").is_file()
