"""Utterances of all worlds, translated by replies that were written by hand: what they mean, and what was mended."""

from __future__ import annotations

import pytest

from plot.errors import PlotError
from plot.llm import Client
from plot.llm.recording import Recording
from plot.llm.store import Store
from plot.quality.agreement import agreement
from tests.replies.cases import Case, cases_of, conversation, entry, recording_of, worlds

CASES = [case for world in worlds() for case in cases_of(world)]
LEAST = {"plain": 30, "repaired": 15, "ambiguous": 15}
NEAR = 0.02


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLOT_CACHE_DIR", str(tmp_path))


@pytest.mark.parametrize("case", CASES, ids=[case.label for case in CASES])
def test_an_utterance_means_what_it_should(case: Case) -> None:
    recording = Recording(recording_of(case.world), records=False)
    with Client(store=Store(), cache=False, recording=recording) as client:
        talk, model = conversation(case, client, entry())
        (told,) = talk.translate(case.say)
    assert client.usage.attempts == 0, "no endpoint is reached"
    assert client.usage.recorded == (2 if case.kind == "repaired" else 1) or case.kind == "ambiguous"
    assert model.outcomes[-1].repaired == (case.kind == "repaired") or case.kind == "ambiguous"
    for code, probability in case.means.items():
        assert agreement(talk, told, code) == pytest.approx(probability, abs=NEAR)
    assert len(told.readings) == len(case.means)


def test_there_are_enough_of_each_kind() -> None:
    assert len(CASES) >= 60
    for kind, least in LEAST.items():
        assert sum(case.kind == kind for case in CASES) >= least
    assert {"tugofwar", "kinship", "tabletop", "collisions", "lunch"} <= set(worlds())


def test_a_changed_prompt_is_not_in_the_recording() -> None:
    case = CASES[0]
    recording = Recording(recording_of(case.world), records=False)
    with Client(store=Store(), cache=False, recording=recording) as client:
        talk, _ = conversation(case, client, entry())
        with pytest.raises(PlotError, match="contains no reply"):
            talk.translate(case.say.replace(" ", "  ", 1) + " !")
