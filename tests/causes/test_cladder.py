"""Questions in the style of CLadder (Jin et al. 2023) on all rungs, whose premises are stated in words."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from plot import World
from plot.translate.grammar import Grammar

CONFOUNDED = (
    "The chance of a gene is 30%.",
    "If there is a gene, the chance of smoking is 70%, otherwise 20%.",
    "If someone smokes and there is a gene, the chance of cancer is 80%.",
    "If someone smokes and there is no gene, the chance of cancer is 30%.",
    "If there is no smoking and there is a gene, the chance of cancer is 60%.",
    "If there is no smoking and there is no gene, the chance of cancer is 10%.",
)
CHAIN = (
    "The chance of exercise is 40%.",
    "If someone exercises, the chance of fitness is 75%, otherwise 25%.",
    "The chance of health is 90% if there is fitness, and 50% otherwise.",
)
COLLIDER = (
    "The chance of talent is 30%.",
    "The chance of beauty is 20%.",
    "If there is talent or there is beauty, the chance of fame is 50%, otherwise 5%.",
)
GENE = ((0.3, 0.7, 0.8, 0.6), (0.7, 0.2, 0.3, 0.1))  # its share, that of smokers, cancer with and without smoking
SMOKING = sum(p * s for p, s, _, _ in GENE)
SICK_SMOKERS = sum(p * s * on for p, s, on, _ in GENE)
SICK_OTHERS = sum(p * (1 - s) * off for p, s, _, off in GENE)
MADE, UNMADE = sum(p * on for p, _, on, _ in GENE), sum(p * off for p, _, _, off in GENE)
SPARED = sum(p * s * (on - off) for p, s, on, off in GENE)
CAUGHT = sum(p * (1 - s) * (on - off) for p, s, on, off in GENE)
WELL_OTHERS = sum(p * (1 - s) * (1 - off) for p, s, _, off in GENE)
ILL = ("There is smoking.", "There is cancer.")
WELL = ("There is no smoking.", "There is no cancer.")
FAMOUS = ("There is fame.", "There is talent.", "There is no beauty.")

ITEMS: list[tuple[Sequence[str], str, float | str]] = [
    (CONFOUNDED, "How likely is cancer?", SICK_SMOKERS + SICK_OTHERS),
    (CONFOUNDED, "Is cancer likely if someone smokes?", SICK_SMOKERS / SMOKING),
    (CONFOUNDED, "What is the probability of cancer given smoking?", SICK_SMOKERS / SMOKING),
    (CONFOUNDED, "What is the probability of cancer given no smoking?", SICK_OTHERS / (1 - SMOKING)),
    (CONFOUNDED, "Will smoking increase the chance of cancer?", MADE - UNMADE),
    (CONFOUNDED, "Does smoking decrease the risk of cancer?", MADE - UNMADE),
    (CONFOUNDED, "If smoking is made to happen, is there cancer?", MADE),
    (CONFOUNDED, "If we make smoking happen, does cancer happen?", MADE),
    (CONFOUNDED, "For those who smoke, what is the effect of smoking on cancer?", SPARED / SMOKING),
    (CONFOUNDED, "Among smokers, does smoking raise the chance of cancer?", SPARED / SMOKING),
    (
        CONFOUNDED,
        "What must be adjusted for to estimate the effect of smoking on cancer?",
        "Adjust for whether the gene",
    ),
    ((*CONFOUNDED, "Someone smokes."), "Would there be cancer without smoking?", (SICK_SMOKERS - SPARED) / SMOKING),
    ((*CONFOUNDED, *ILL), "Did smoking cause cancer?", SPARED / SICK_SMOKERS),
    ((*CONFOUNDED, *ILL), "Would cancer have happened if there had been no smoking?", 1 - SPARED / SICK_SMOKERS),
    ((*CONFOUNDED, *WELL), "Would there have been cancer if there had been smoking?", CAUGHT / WELL_OTHERS),
    (CONFOUNDED, "Was smoking necessary for cancer?", SPARED / SICK_SMOKERS),
    (CONFOUNDED, "Was smoking enough for cancer?", CAUGHT / WELL_OTHERS),
    (CONFOUNDED, "Is smoking independent of the gene?", "They may depend"),
    (CHAIN, "Does exercise cause health?", 0.5 * 0.4),
    (CHAIN, "What is the effect of exercise on health through fitness?", 0.5 * 0.4),
    (CHAIN, "What is the direct effect of exercise on health, not through fitness?", 0.0),
    (CHAIN, "Is health independent of exercise given fitness?", "They are independent"),
    (CHAIN, "If someone exercises, is there health?", 0.9 * 0.75 + 0.5 * 0.25),
    (CHAIN, "If we forced exercise, would there be health?", 0.9 * 0.75 + 0.5 * 0.25),
    (CHAIN, "Does health affect exercise?", 0.0),
    (CHAIN, "Does fitness make health more likely?", 0.4),
    (COLLIDER, "Is talent independent of beauty?", "They are independent"),
    (COLLIDER, "Is talent independent of beauty given fame?", "They may depend"),
    (COLLIDER, "Does talent cause beauty?", 0.0),
    (COLLIDER, "If there is fame and no beauty, is there talent?", 0.3 * 0.5 / (0.3 * 0.5 + 0.7 * 0.05)),
    (COLLIDER, "Given fame, is there talent?", 0.3 * 0.5 / (0.44 * 0.5 + 0.56 * 0.05)),
    (COLLIDER, "What is the effect of talent on fame?", 0.5 - (0.2 * 0.5 + 0.8 * 0.05)),
    ((*COLLIDER, *FAMOUS), "Would there be fame anyway?", 0.1),
    ((*COLLIDER, *FAMOUS), "Would there have been fame without talent?", 0.1),
]


@pytest.mark.full
def test_all_are_right() -> None:
    grammar = Grammar()
    for told, question, wanted in ITEMS:
        talk = World.load("bayesnet").conversation(facts=False, translators=[grammar])
        for premise in told:
            talk.tell(premise)
        answer = talk.ask(question)
        if isinstance(wanted, str):
            assert answer.answer.startswith(wanted), question
        else:
            found = answer.probability if answer.probability is not None else answer.mean
            assert found == pytest.approx(wanted, abs=1e-9), question
