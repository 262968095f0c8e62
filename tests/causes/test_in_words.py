"""Questions in words on all three rungs (seeing, doing, imagining), with answers by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from plot import Program, World
from plot.conversation import Conversation
from plot.errors import PlotError
from plot.inference import Goal
from plot.translate.grammar import Grammar
from tests.support.tolerances import agrees

SIMPSON = (
    "The chance of severity is 50%.",
    "If there is severity, the chance of surgery is 80%, otherwise 20%.",
    "If there is surgery and there is severity, the chance of success is 70%.",
    "If there is surgery and there is no severity, the chance of success is 90%.",
    "If there is no surgery and there is severity, the chance of success is 60%.",
    "If there is no surgery and there is no severity, the chance of success is 85%.",
)
SQUAD = (
    "The chance of the order is 70%.",
    "If there is the order, the chance of A is 100%, otherwise 10%.",
    "If there is the order, the chance of B is 100%, otherwise 0%.",
    "If there is A or there is B, the chance of death is 100%, otherwise 0%.",
)
DOOR = (
    "The chance of the gene is 50%.",
    "If there is the gene, the chance of smoking is 80%, otherwise 20%.",
    "If someone smokes, the chance of tar is 90%, otherwise 10%.",
    "If there is the gene and there is tar, the chance of cancer is 90%.",
    "If there is the gene and there is no tar, the chance of cancer is 60%.",
    "If there is no gene and there is tar, the chance of cancer is 50%.",
    "If there is no gene and there is no tar, the chance of cancer is 20%.",
)
MEDIATION = (
    "The chance of training is 50%.",
    "If there is training, the chance of skill is 75%, otherwise 40%.",
    "If there is training and there is skill, the chance of a job is 80%.",
    "If there is training and there is no skill, the chance of a job is 40%.",
    "If there is no training and there is skill, the chance of a job is 30%.",
    "If there is no training and there is no skill, the chance of a job is 20%.",
)

# The clinic: with w the season, the chances of the flu and of a cold, unvaccinated or not as likely as not.
FLU = 0.4 * 0.3 * 0.65 + 0.6 * 0.05 * 0.65
COLD = 0.4 * 0.3 + 0.6 * 0.1
NONE = 1 - FLU - COLD
PLAIN_FLU = 0.4 * 0.3 + 0.6 * 0.05  # without a vaccine


def medicated(fever: float, cough: float) -> float:
    """Return how likely those with this infection take medicine."""
    return fever * 0.8 + (1 - fever) * (cough * 0.2 + (1 - cough) * 0.02)


MED = {"flu": medicated(0.9, 0.6), "cold": medicated(0.2, 0.7), "none": medicated(0.02, 0.05)}
TOOK = FLU * MED["flu"] + COLD * MED["cold"] + NONE * MED["none"]
CURED = FLU * MED["flu"] * 0.8 + COLD * MED["cold"] * 0.95 + NONE * MED["none"]
UNCURED = FLU * MED["flu"] * 0.4 + COLD * MED["cold"] * 0.85 + NONE * MED["none"]  # the same people, without it
WITH, WITHOUT = FLU * 0.8 + COLD * 0.95 + NONE, FLU * 0.4 + COLD * 0.85 + NONE
FEVER = FLU * 0.9 + COLD * 0.2 + NONE * 0.02
NEEDED = (FLU * MED["flu"] * 0.4 + COLD * MED["cold"] * 0.1) / CURED  # one noise: cured of 0.8, of whom 0.4 anyway
ENOUGH = (FLU * (1 - MED["flu"]) * 0.4 + COLD * (1 - MED["cold"]) * 0.1) / (
    FLU * (1 - MED["flu"]) * 0.6 + COLD * (1 - MED["cold"]) * 0.15
)
TREATED = ("Ann took the medicine.", "Ann recovered.")
FAILED = ("Ann didn't take the medicine.", "Ann didn't recover.")
BOTH = ("There is smoking.", "There is cancer.")


@dataclass(frozen=True)
class Case:
    """A question; `figure` is its probability or its effect, `starts` how its answer begins, `lists` what it names."""

    world: str
    told: Sequence[str]
    ask: str
    figure: float | None = None
    starts: str = ""
    lists: tuple[str, ...] = ()


def smoked_cancer(gene: float) -> float:
    """Return the chance of cancer of those who smoke, with tar summed out."""
    return 0.9 * (0.5 + 0.4 * gene) + 0.1 * (0.2 + 0.4 * gene)


# Of smokers with cancer (the gene's odds by both), what cancer would remain: tar 0.9 → 0.1 keeps of the tarred a ninth.
GENE_ODDS = {gene: 0.8 * smoked_cancer(1) if gene else 0.2 * smoked_cancer(0) for gene in (True, False)}
REMAINS = {gene: 0.1 * (0.5 + 0.4 * gene) + 0.9 * (0.2 + 0.4 * gene) for gene in (True, False)}
LEFT = sum(GENE_ODDS[g] * REMAINS[g] / smoked_cancer(g) for g in GENE_ODDS) / sum(GENE_ODDS.values())

CASES = [
    # the clinic: seeing
    Case("clinic", (), "If Ann happens to have taken the medicine, will she recover?", CURED / TOOK),
    Case("clinic", (), "Does Ann have a fever?", FEVER),
    Case("clinic", (), "Given that Ann took the medicine, did she have the flu?", FLU * MED["flu"] / TOOK),
    # the clinic: doing
    Case("clinic", (), "If we give Ann the medicine, will she recover?", WITH),
    Case("clinic", (), "If we treat Ann, will she recover?", WITH),
    Case("clinic", (), "If we stop the medicine, will Ann recover?", WITHOUT),
    Case("clinic", (), "If nobody takes the medicine, will Ann recover?", WITHOUT),
    Case("clinic", (), "If we forbid Ann to take the medicine, will she recover?", WITHOUT),
    Case("clinic", (), "If we vaccinate Ann, will she have the flu?", 0.3 * PLAIN_FLU),
    Case("clinic", (), "If everyone got vaccinated, would Ann have the flu?", 0.3 * PLAIN_FLU),
    Case("clinic", (), "What is the effect of the medicine on recovery?", WITH - WITHOUT, "It raises"),
    Case("clinic", (), "How much does the medicine raise the chance of recovery?", WITH - WITHOUT, "It raises"),
    Case("clinic", (), "Does the medicine raise the chance of recovery, and by how much?", WITH - WITHOUT, "Yes"),
    Case("clinic", (), "Does vaccination raise the risk of the flu?", -0.7 * PLAIN_FLU, "No: it lowers"),
    Case("clinic", (), "Would Ann be more likely to recover if she took the medicine?", WITH - WITHOUT, "Yes"),
    Case("clinic", (), "Does a cough affect recovery?", FLU * 0.1 * 0.18 * 0.4 + COLD * 0.8 * 0.18 * 0.1, "Yes"),
    Case("clinic", (), "Does vaccination make a cold more likely?", 0.0, "No: it makes no difference"),
    Case(
        "clinic",
        (),
        "What is the effect of the medicine on recovery among those who took it?",
        (CURED - UNCURED) / TOOK,
    ),
    Case("clinic", ("Ann has the flu.",), "What should we do to make Ann recover?", starts="See to it that Ann is med"),
    Case(
        "clinic", ("Ann has the flu.",), "What would happen if we gave Ann the medicine?", lists=("Ann is recovered",)
    ),
    # the clinic: imagining
    Case("clinic", FAILED, "Would she have recovered if she had taken the medicine?", ENOUGH),
    Case("clinic", FAILED, "Had Ann taken the medicine, would she have recovered?", ENOUGH),
    Case("clinic", TREATED, "Did the medicine cause her recovery?", NEEDED),
    Case("clinic", TREATED, "Did Ann recover because of the medicine?", NEEDED),
    Case("clinic", TREATED, "Would she have recovered anyway?", 1 - NEEDED),
    Case("clinic", TREATED, "Would Ann have recovered without the medicine?", 1 - NEEDED),
    Case("clinic", TREATED, "Was it necessary?", NEEDED),
    Case("clinic", TREATED, "Was it enough?", ENOUGH),
    Case("clinic", (), "Was the medicine enough for Ann's recovery?", ENOUGH),
    # the clinic: its graph
    Case("clinic", (), "What causes fever?", lists=("whether it is winter", "whether somebody is vaccinated")),
    Case("clinic", (), "Is vaccination independent of winter?", starts="They are independent"),
    Case("clinic", ("Ann has the flu.",), "Is her vaccination independent of winter?", starts="They may depend"),
    Case(
        "clinic",
        (),
        "What must be adjusted for to estimate the effect of the medicine on recovery?",
        lists=("whether somebody is feverish", "whether somebody has a cough"),
    ),
    # Simpson's paradox
    Case("bayesnet", SIMPSON, "If there is surgery, is there success?", 0.8 * 0.7 + 0.2 * 0.9),
    Case("bayesnet", SIMPSON, "If there is no surgery, is there success?", 0.2 * 0.6 + 0.8 * 0.85),
    Case("bayesnet", SIMPSON, "If surgery is made to happen, is there success?", 0.8),
    Case("bayesnet", SIMPSON, "Does surgery lower the chance of success?", 0.8 - 0.725, "No: it raises"),
    Case(
        "bayesnet",
        SIMPSON,
        "What is the effect of surgery on success among those with surgery?",
        0.8 * 0.1 + 0.2 * 0.05,
    ),
    Case(
        "bayesnet", SIMPSON, "What must be adjusted for to find the effect of surgery on success?", lists=("severity",)
    ),
    Case(
        "bayesnet",
        (*SIMPSON, "There is no surgery.", "There is no success."),
        "If there had been surgery, would there have been success?",
        (0.2 * 0.4 * 0.25 + 0.8 * 0.15 / 3) / (0.2 * 0.4 + 0.8 * 0.15),
    ),
    # the firing squad
    Case("bayesnet", SQUAD, "If there is A, is there B?", 0.7 / 0.73),
    Case("bayesnet", SQUAD, "If A is made to happen, is there B?", 0.7),
    Case("bayesnet", SQUAD, "Does A cause B?", 0.0, "No: it makes no difference"),
    Case("bayesnet", SQUAD, "Is A independent of B given the order?", starts="They are independent"),
    Case("bayesnet", SQUAD, "Is A independent of B?", starts="They may depend"),
    Case("bayesnet", (*SQUAD, "There is death."), "If there had been no A, would there have been death?", 0.7 / 0.73),
    Case("bayesnet", (*SQUAD, "There is A."), "Did A cause death?", 0.03 / 0.73),
    Case("bayesnet", (*SQUAD, "There is A.", "There is death."), "Would there be death anyway?", 0.7 / 0.73),
    # the front door
    Case("bayesnet", DOOR, "If there is smoking, is there cancer?", smoked_cancer(0.8)),
    Case("bayesnet", DOOR, "Does smoking cause cancer?", 0.8 * 0.3, "Yes: it raises"),
    Case("bayesnet", DOOR, "If we banned smoking, would there be cancer?", 0.4 + 0.1 * 0.3),
    Case("bayesnet", DOOR, "What is the effect of smoking on cancer through tar?", 0.8 * 0.3),
    Case("bayesnet", DOOR, "Does smoking affect cancer other than through tar?", 0.0, "No"),
    Case("bayesnet", (*DOOR, *BOTH), "Would there have been cancer without smoking?", LEFT),
    Case("bayesnet", DOOR, "What causes tar?", lists=("smoking",)),
    # mediation
    Case("bayesnet", MEDIATION, "What is the effect of training on a job?", 0.7 - 0.24),
    Case("bayesnet", MEDIATION, "What is the effect of training on a job through skill?", 0.35 * 0.1),
    Case(
        "bayesnet",
        MEDIATION,
        "What is the direct effect of training on a job, not through skill?",
        0.5 * 0.4 + 0.2 * 0.6,
    ),
    Case("bayesnet", MEDIATION, "How likely is a job?", 0.5 * (0.7 + 0.24)),
    Case("bayesnet", MEDIATION, "What should we do to make a job likely?", starts="See to it that"),
]


GRAMMAR = Grammar()


@cache
def conversation(world: str, told: Sequence[str]) -> Conversation:
    talk = World.load(world).conversation(facts=False, translators=[GRAMMAR])
    for sentence in told:
        talk.tell(sentence)
    return talk


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.world}: {case.ask}")
def test_answers_by_hand(case: Case) -> None:
    answer = conversation(case.world, case.told).ask(case.ask)
    if case.figure is not None:
        found = answer.probability if answer.probability is not None else answer.mean
        assert found == pytest.approx(case.figure, abs=1e-9)
    assert answer.answer.startswith(case.starts)
    listed = list(answer.distribution or {})
    assert all(any(name in one for one in listed) for name in case.lists), listed
    assert not case.lists or len(case.lists) <= len(listed)


def test_there_are_sixty() -> None:
    assert len(CASES) >= 60


@pytest.mark.full
def test_a_lost_tug_of_war() -> None:
    found = conversation("tugofwar", ("Sue and Tom lost to Ann.",)).ask(
        "Would Sue and Tom have won if Ann had been lazy?"
    )
    random, count = np.random.default_rng(1), 1_000_000
    strength = random.normal(50, 20, (count, 3))  # of Ann, Sue, Tom
    lazy = random.uniform(size=(count, 3)) < random.uniform(size=(count, 3))
    pulls = np.where(lazy, strength / 2, strength)
    lost = pulls[:, 1:].sum(1) < pulls[:, 0]
    truth = float((pulls[:, 1:].sum(1) > strength[:, 0] / 2)[lost].mean())
    assert found.probability is not None
    assert agrees(found.probability, truth, found.mcse)
    assert not agrees(found.probability, 0.5, found.mcse)


@pytest.mark.full
def test_a_collision_of_what_was_a_ball() -> None:
    told = conversation("collisions", ("The blue ball moved.",))
    found = told.ask("Would the blue ball have moved if the red one had been a block?")
    block = """
condition(shape == "sphere" and outcome[1].moved)
def block(x):
    force, place = [push, -3] if x == "red" else [0, 0]
    return {"position": place, "mass": mass(x), "radius": 1, "static": 0.05, "kinetic": 0.02, "force": force,
            "seconds": 0.5}
query(slide([block("red"), block("blue")])[1].moved)
"""
    (twin,) = Program.parse(World.load("collisions").model + block).answers(goal=Goal(seed=1))
    assert found.probability is not None
    assert twin.probability is not None
    assert agrees(found.probability, twin.probability, float(np.hypot(found.mcse, twin.mcse)))


@pytest.mark.full
@pytest.mark.parametrize("told", ["", "Bob went to the sushi place.", "Bob stayed in."])
def test_a_place_that_had_been_open(told: str) -> None:
    """Three places at known distances: what is open, liked and best for the way is gone to, by bike where that pays."""
    random, count = np.random.default_rng(3), 1_000_000
    walk, ride = np.array([1.2, 0.6, 1.2]), np.array([0.06, 0.03, 0.06])  # sushi, pizza and vegetables: 6, 3, 6 steps
    open_, likes = random.random((count, 3)) < 0.5, random.random((count, 3)) < 0.5
    bike = random.random(count) < 0.5
    feeling = random.normal(10, 1, (count, 3))

    def goal(open_: np.ndarray) -> np.ndarray:
        worth = np.where(open_, np.where(likes, feeling, -feeling), -10)
        best = worth - np.where(bike[:, None], ride, walk)
        return np.where(best.max(1) > 0, best.argmax(1), 3)

    fact = goal(open_)
    given = {"": fact >= 0, "Bob went to the sushi place.": fact == 0, "Bob stayed in.": fact == 3}[told]
    other = open_.copy()
    other[:, 1] = True
    truth = float((goal(other) == 1)[given].mean())
    found = conversation("lunch", (told,) if told else ()).ask(
        "Would Bob have gone to the pizza place if it had been open?"
    )
    assert found.probability is not None
    assert agrees(found.probability, truth, found.mcse)


def test_it_is_asked_of_those_who_are_meant() -> None:
    """Without the action of the one who is asked about, or where several things may be meant, it is refused."""
    others = conversation("clinic", ("Bob took the medicine.", "Ann recovered."))
    with pytest.raises(PlotError):
        others.ask("Would Ann have recovered anyway?")
    two = conversation("bayesnet", (*SQUAD, "There is A.", "There is B.", "There is death."))
    with pytest.raises(PlotError):
        two.ask("Would there be death anyway?")
