"""Word vectors and what they tell: which words are near a world, and what is nearer to English at large."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from plot.routing import Domain, Learned
from plot.routing.corpus import Rows
from plot.routing.normalise import Normaliser
from plot.routing.out_of_domain import DomainDetector
from plot.routing.vectors import FILE, shipped
from plot.routing.word_densities import WordDensities, content, sense
from tests.support.clock import SOON


def test_the_vectors_that_are_shipped() -> None:
    vectors = shipped()
    assert len(vectors.places) == len(vectors.table) == 40_000
    assert np.linalg.norm(vectors.table, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert FILE.stat().st_size < 3_000_000
    assert vectors.of("outskied") is None
    assert vectors.of("mother-in-law") @ vectors.of("mother") > 0.5
    assert vectors.frequency("the") > vectors.frequency("mug") > vectors.frequency("zorbler") > 0


@pytest.mark.parametrize(
    ("word", "near", "far"),
    [
        ("niece", "cousin", "bowl"),
        ("fever", "cough", "velocity"),
        ("pizza", "sandwich", "uncle"),
        ("red", "blue", "win"),
    ],
)
def test_words_of_like_meaning_are_nearer(word: str, near: str, far: str) -> None:
    of = shipped().of
    assert of(word) @ of(near) > of(word) @ of(far) + 0.2


@pytest.fixture
def rows(two: tuple[Domain, ...]) -> Rows:
    return Rows.of(two, Normaliser.of(two))


def test_a_text_is_nearest_to_its_world(rows: Rows) -> None:
    meaning = WordDensities.of(rows, 2)
    garden, kitchen = meaning.scores("the tulips and shrubs")
    assert garden > max(0.0, kitchen)
    garden, kitchen = meaning.scores("a bread with butter")
    assert kitchen > max(0.0, garden)
    assert meaning.scores("the parliament voted").max() < kitchen - 1
    assert meaning.scores("is it").tolist() == [0.0, 0.0]


def test_a_word_that_is_taken_out_tells_less(rows: Rows) -> None:
    meaning = WordDensities.of(rows, 2)
    said = "bob planted three trees"
    whole, apart, hidden = (
        meaning.scores(said),
        meaning.scores(said, apart=0),
        meaning.scores(said, hidden=True),
    )
    assert whole[0] > apart[0] > hidden[0] > hidden[1]
    assert apart[1] == pytest.approx(whole[1])  # the other world did not learn it
    assert meaning.scores(said) == pytest.approx(whole)  # nothing changed


def test_the_scores_are_the_sum_of_what_words_tell(rows: Rows) -> None:
    meaning, said = WordDensities.of(rows, 2), "the roses and the soup"
    parts = [meaning.telling(word) for word in content(said)]
    assert meaning.scores(said) == pytest.approx(sum(parts) / len(parts) ** 0.5)


def test_a_word_without_a_vector_is_near_itself_alone() -> None:
    meaning = WordDensities(({"zorbler": 1.0, "garden": 1.0}, {"garden": 1.0}))
    first, second = meaning.scores("zorbler")
    assert first > 5 and second == pytest.approx(0.0)
    assert meaning.scores("blorzer").tolist() == [0.0, 0.0]
    assert meaning.knows("zorbler") and not meaning.knows("blorzer")


def test_the_sense_of_nothing_is_nothing() -> None:
    assert not sense("is it § zorbler").any()
    assert sense("roses").any()


def test_what_is_outside_is_told_from_what_is_inside(rows: Rows) -> None:
    meaning = WordDensities.of(rows, 2)
    outside = DomainDetector.fitted(rows, meaning, [1.0] * len(rows.utterances))
    assert outside.slope > 0
    assert outside.inside(10.0) > 0.9 > 0.5 > outside.inside(-5.0)
    assert outside.inside(1e9) <= 1 and outside.inside(-1e9) >= 0


def test_what_belongs_to_another_world_as_well_is_no_example_of_outside() -> None:
    """Two worlds of which each says what the other says: beside the other, it is not foreign."""
    lines = ("Ann waters the roses.", "Bob planted three trees.", "Are the tulips red?")
    twins = tuple(Domain(name, "", lines) for name in ("one", "other"))
    sure = Learned(twins, cache=False).route(["Are the roses red?"])
    assert not sure.abstains
    assert sure.scores["one"] == pytest.approx(0.5, abs=0.05)


def test_a_world_that_is_named_needs_no_vectors() -> None:
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from plot.cli import main\n"
        "found = CliRunner().invoke(main, ['ask', 'clinic', 'Does Ann have a fever?', '--precision', '0.1'])\n"
        "assert found.exit_code == 0, found.output\n"
        "from plot.routing.vectors import shipped\n"
        "kept = [cell.cell_contents for cell in shipped.__closure__ if isinstance(cell.cell_contents, dict)]\n"
        "assert kept == [{}]\n"
        "assert 'sklearn' not in sys.modules\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=SOON)
    assert found.returncode == 0, found.stderr
