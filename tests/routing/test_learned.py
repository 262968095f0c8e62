"""The learned router: right worlds, calibrated, sharpened by more utterances, silent about what it doesn't know."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plot.routing import Domain, Hashed, Learned, Neighbours, domains_of, model_cache, pooled
from plot.routing.corpus import Rows
from plot.routing.fitting import log_loss, out_of_fold, temperature, tempering
from plot.routing.learned import LEAST_INSIDE
from plot.world import WorldSpec


@pytest.mark.parametrize(
    ("said", "world"),
    [
        ("Avery beat Blake, who is lazy.", "tugofwar"),  # though these are kinship's names
        ("Is Tom lazy?", "tugofwar"),
        ("Who is Mary's uncle?", "kinship"),
        ("How many bowls are on the table?", "tabletop"),
        ("Does the blue ball hit the red one?", "collisions"),
        ("Does Sue like sushi?", "lunch"),
        ("If there is rain, the probability of mud is 90%.", "bayesnet"),
        ("Mary outskied Tom.", "olympics"),
        ("Does Kay have the flu?", "clinic"),
    ],
)
def test_sentences_go_to_their_worlds(learned: Learned, said: str, world: str) -> None:
    found = learned.route([said])
    assert found.best == world
    assert not found.abstains
    assert sum(found.scores.values()) == pytest.approx(1)
    assert list(found.scores.values()) == sorted(found.scores.values(), reverse=True)


def test_names_do_not_matter(learned: Learned) -> None:
    one, other = learned.route(["Avery beat Blake."]), learned.route(["Zoltan beat Xenia."])
    assert one.scores == other.scores


def test_the_reasons_are_the_telling_words(learned: Learned) -> None:
    found = learned.route(["How many mugs are there?"])
    assert found.best == "tabletop"
    assert found.reasons[0].text == "mugs"
    assert found.reasons[0].amount > 0
    assert all(reason.world == "tabletop" for reason in found.reasons)


def test_the_contributions_sum_to_the_evidence(learned: Learned, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plot.routing.learned.MOST_REASONS", 1_000)
    monkeypatch.setattr("plot.routing.learned.LEAST_TELLING", 0.0)
    found = learned.route(["Does the red ball hit the blue one twice?"])
    fitted, world = learned.fitted, learned.worlds.index(found.best)
    text = learned.plain.text("Does the red ball hit the blue one twice?")
    near = fitted.meaning.scores(text)
    logits = fitted.logits(fitted.features.table([text]), near - near.mean())
    bias = fitted.bias[world] / fitted.temperature
    assert sum(reason.amount for reason in found.reasons) == pytest.approx(logits[0, world] - bias)


def test_what_is_about_no_world_is_refused_with_the_nearest(learned: Learned) -> None:
    for said in ("What is the capital of France?", "The senator resigned after the vote.", "asdf qwer", "", "?!"):
        found = learned.route([said])
        assert found.abstains, said
        assert len(found.nearest) == 3


def test_no_utterances_at_all_are_about_no_world(learned: Learned) -> None:
    assert learned.route([]).abstains


def test_one_utterance_that_is_known_is_enough(learned: Learned) -> None:
    found = learned.route(["What is the capital of France?", "Mary outskied Tom by a lot."])
    assert found.best == "olympics"
    assert not found.abstains


def test_few_of_the_examples_would_be_refused(learned: Learned) -> None:
    """Each taken out of what was learned."""
    rows, fitted = Rows.of(learned.domains, learned.plain), learned.fitted
    near = [fitted.meaning.scores(rows.texts[place], apart=rows.labels[place]).max() for place in rows.utterances]
    refused = sum(fitted.outside.inside(float(one)) < LEAST_INSIDE for one in near)
    assert refused <= 0.06 * len(near)


def test_utterances_of_a_world_that_it_does_not_know_are_mostly_refused(worlds: Mapping[str, WorldSpec]) -> None:
    domains = domains_of(worlds)
    (clinic,) = (one for one in domains if one.name == "clinic")
    others = Learned([one for one in domains if one is not clinic], cache=False)
    refused = sum(others.route([line]).abstains for line in clinic.lines)
    assert refused > 0.6 * len(clinic.lines)


def test_words_reach_those_of_like_meaning(learned: Learned) -> None:
    """None of these nouns and verbs is in a world, nor a form of them."""
    said = {
        "tabletop": "The saucers are crimson.",
        "kinship": "Her grandson got engaged.",
        "clinic": "Did the nurse prescribe antibiotics?",
        "lunch": "They dined on spaghetti.",
    }
    for world, text in said.items():
        found = learned.route([text])
        assert found.best == world and not found.abstains, text


def test_a_world_of_a_user_is_found_by_meaning(worlds: Mapping[str, WorldSpec]) -> None:
    """It was seen by nobody who chose anything about the router; two of the questions share no content word with it."""
    lines = ("The trout swam upstream.", "Did Ann catch a pike?", "How many eels are in the net?", "The lake is deep.")
    fishing = Domain("fishing", "Anglers sit at a lake and catch what swims by.", lines, ("fish", "net", "rod"))
    router = Learned([*domains_of(worlds), fishing], cache=False)
    for said in ("Did Ann catch a trout?", "Salmon live in rivers.", "Is the pond full of carp?"):
        found = router.route([said])
        assert found.best == "fishing" and not found.abstains, said
    assert router.route(["Who is lazy?"]).best == "tugofwar"
    assert router.route(["Are the mugs red?"]).best == "tabletop"


def test_a_word_that_only_the_world_knows_counts(two: tuple[Domain, ...]) -> None:
    """It has no vector."""
    workshop = Domain("workshop", "A shop.", ("The zorbler is broken.", "Is the zorbler loud?"))
    router = Learned((*two, workshop), cache=False)
    assert router.route(["Our zorbler!"]).best == "workshop"


def test_more_utterances_sharpen(learned: Learned) -> None:
    said = ["Tom beat John.", "Ann was lazy in the first match.", "Josh has a tendency to slack off."]
    sure = [learned.route(said[:count]).scores["tugofwar"] for count in (1, 2, 3)]
    assert sure[0] < sure[1] < sure[2]
    assert sure[2] > 0.98
    assert learned.route(said[::-1]).scores == pytest.approx(learned.route(said).scores)


@given(st.lists(st.lists(st.floats(0.01, 1), min_size=3, max_size=3), min_size=1, max_size=5))
def test_pooling_is_of_likelihood_ratios(shares: list[list[float]]) -> None:
    evidence = [dict(zip("abc", (x / sum(row) for x in row), strict=True)) for row in shares]
    found = pooled(evidence)
    product = {name: float(np.prod([one[name] for one in evidence])) for name in "abc"}
    for name in "abc":  # with equal priors, the product of the posteriors, normalised
        assert found[name] == pytest.approx(product[name] / sum(product.values()))
    flat = dict.fromkeys("abc", 1 / 3)
    assert pooled([*evidence, flat]) == pytest.approx(found)  # what says nothing changes nothing


def test_the_temperature_helps_on_what_it_was_not_fitted_to(learned: Learned) -> None:
    words, near, labels = out_of_fold(Rows.of(learned.domains, learned.plain), len(learned.worlds), folds=2)
    logits = words + learned.fitted.share * near
    assert (logits.argmax(axis=1) == labels).mean() > 0.8
    for first in (0, 1):
        ours, theirs = slice(first, None, 2), slice(1 - first, None, 2)
        found = temperature(logits[ours], labels[ours])
        assert log_loss(logits[theirs] / found, labels[theirs]) <= log_loss(logits[theirs], labels[theirs]) + 1e-9
        assert log_loss(logits[theirs] / found, labels[theirs]) < np.log(len(learned.worlds)) / 3


@pytest.mark.parametrize("true", [0.3, 1.0, 4.0])
def test_the_temperature_is_found(true: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, 4))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (shares.cumsum(axis=1) < rng.uniform(size=(20_000, 1))).sum(axis=1).clip(max=3)
    assert temperature(logits * true, labels) == pytest.approx(true, rel=0.05)


def test_the_tempering_is_found() -> None:
    """Utterances that are copies of each other count as one; those that are independent all count."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 200)
    signal = np.where(labels == 0, 1.0, -1.0)
    independent = (
        np.stack([signal, -signal], axis=1) / 2 + rng.normal(0, 1, (400, 1)) * np.array([[0.5, -0.5]]) * 2**0.5
    )
    shares = independent - np.log(np.exp(independent).sum(axis=1, keepdims=True))
    assert tempering(shares, labels) < 0.2
    bold = shares.copy()
    bold[::3] = bold[::3, ::-1]  # a third are sure of the wrong world
    assert tempering(5 * bold, labels) > tempering(shares, labels) + 0.1


def test_tempering_makes_less_sure_and_leaves_the_order() -> None:
    evidence = [{"a": 0.8, "b": 0.2}] * 4
    assert pooled(evidence)["a"] > pooled(evidence, 0.5)["a"] > pooled(evidence, 1.0)["a"]
    assert pooled(evidence, 1.0) == pytest.approx({"a": 0.8, "b": 0.2})
    assert pooled(evidence[:1], 0.7) == pooled(evidence[:1])


# -- small worlds --------------------------------------------------------------------------------------------


def test_two_worlds(two: tuple[Domain, ...]) -> None:
    router = Learned(two, cache=False)
    assert router.route(["The roses are tall."]).best == "garden"
    assert router.route(["The soup is hot."]).best == "kitchen"


def test_one_world(two: tuple[Domain, ...]) -> None:
    router = Learned(two[:1], cache=False)
    assert router.route(["Are the roses red?"]).scores == {"garden": 1.0}
    assert not router.route(["Are the roses red?"]).abstains
    assert router.route(["The parliament passed the budget."]).abstains


def test_a_world_that_says_nothing_has_its_description(two: tuple[Domain, ...]) -> None:
    silent = Domain("weather", "Rain and sunshine.", ())
    router = Learned((*two, silent, Domain("empty", "", ())), cache=False)
    assert router.route(["Is there sunshine?"]).best == "weather"


@given(st.text(max_size=60))
@settings(max_examples=30, deadline=None)
def test_any_text_is_routed(learned: Learned, said: str) -> None:
    found = learned.route([said])
    assert sum(found.scores.values()) == pytest.approx(1)


# -- what is kept --------------------------------------------------------------------------------------------


def files(folder: Path) -> list[Path]:
    return sorted((folder / "router").glob("*"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLOT_CACHE_DIR", str(tmp_path))
    return tmp_path


def test_what_was_learned_is_kept_and_found_again(two: tuple[Domain, ...], folder: Path) -> None:
    first = Learned(two).route(["The roses are tall."])
    (file,) = files(folder)
    written = file.stat().st_mtime_ns
    again = Learned(two)
    assert again.route(["The roses are tall."]) == first
    assert files(folder) == [file] and file.stat().st_mtime_ns == written


def test_what_is_kept_only_its_owner_sees(
    two: tuple[Domain, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "cache" / "plot"
    monkeypatch.setattr(model_cache, "cache_folder", lambda: home)
    Learned(two).route(["Tom beat Sue."])
    for folder in (home, home / "router"):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_it_learns_anew_where_a_world_says_something_else(two: tuple[Domain, ...], folder: Path) -> None:
    Learned(two).route(["The roses are tall."])
    more = dataclasses.replace(two[0], lines=(*two[0].lines, "Tulips bloom."))
    assert Learned((more, two[1])).route(["Tulips bloom."]).best == "garden"
    assert len(files(folder)) == 2


def test_a_damaged_file_is_made_anew(two: tuple[Domain, ...], folder: Path) -> None:
    first = Learned(two).route(["The soup is hot."])
    (file,) = files(folder)
    good = file.read_bytes()
    for bad in (b"", b"PK\x03\x04 no zip", b"\x80\x04K\x01.", good[: len(good) // 2], good[:-100] + b"x" * 100):
        file.write_bytes(bad)
        assert Learned(two).route(["The soup is hot."]) == first
        assert files(folder) == [file]
        assert model_cache.load(file.stem) is None or file.read_bytes() != bad


def test_a_file_under_a_wrong_name_is_not_taken(two: tuple[Domain, ...], folder: Path) -> None:
    Learned(two).route(["The soup is hot."])
    (file,) = files(folder)
    (folder / "router" / f"{'0' * 32}.npz").write_bytes(file.read_bytes())
    assert model_cache.load("0" * 64) is None


def test_where_nothing_can_be_written_it_still_routes(
    two: tuple[Domain, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PLOT_CACHE_DIR", str(tmp_path / "file"))
    assert Learned(two).route(["The soup is hot."]).best == "kitchen"


# -- beside others -------------------------------------------------------------------------------------------


def test_it_is_better_than_those_that_know_nothing(worlds: Mapping[str, WorldSpec]) -> None:
    """Trained on every other line, tested on the rest."""
    domains = domains_of(worlds)
    half = [dataclasses.replace(one, lines=one.lines[::2]) for one in domains]
    cases = [(line, one.name) for one in domains for line in one.lines[1::2]][::3]

    def right(router: Neighbours | Hashed) -> float:
        return sum(router.route([line]).best == name for line, name in cases) / len(cases)

    assert right(Neighbours(half)) > 0.7
    assert right(Hashed([one.name for one in domains])) < 0.3
