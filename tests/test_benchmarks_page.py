"""docs/benchmarks.md is what `python -m benchmarks.page` makes from the committed results, losses included."""

from __future__ import annotations

from benchmarks.page import OURS, PAGE, SECTIONS, lost, page, section


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m benchmarks.page"


def test_every_section_has_its_date_and_command() -> None:
    for name, (title, text) in SECTIONS.items():
        made = section(name, title, text)
        assert "python -m benchmarks." in made and "2026-" in made


def test_a_loss_is_listed_and_a_tie_is_not() -> None:
    def score(ess: float) -> dict[str, float | bool]:
        return {"ess_per_second": ess, "seconds": 1.0, "exact": False}

    tasks = {"players2-matches1": {OURS: score(100), "A": score(250), "B": score(101), "C": score(3)}}
    assert list(lost(tasks)) == ["- 2 players, 1 match: A (2.5 times as fast)"]
