"""A conversation remembers what it has answered, until more is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plot import World
from plot.conversation import Conversation
from plot.inference import METHODS, Goal, Posterior, Problem, State
from plot.inference.methods.importance import Importance
from plot.language.syntax.nodes import ProgramNode
from plot.runtime import Run, RunPlan, run
from tests.support.tolerances import agrees

GOAL = Goal(precision=0.02)
QUESTION = "Is Tom stronger than John?"


def talk_of(*told: str, goal: Goal = GOAL) -> Conversation:
    talk = World.load("tugofwar").conversation(facts=False, goal=goal)
    for text in told:
        talk.tell(text)
    return talk


def test_the_same_question_again_has_the_same_answer() -> None:
    talk = talk_of("Tom beat John.")
    answer = talk.ask(QUESTION)
    assert talk.ask("Who is stronger?") is not answer
    assert talk.ask(QUESTION) is answer
    fresh = talk_of("Tom beat John.").ask(QUESTION)
    assert (fresh.probability, fresh.mcse, fresh.ess) == (answer.probability, answer.mcse, answer.ess)


def test_what_is_supposed_in_a_question_counts() -> None:
    talk = talk_of("Tom beat John.")
    supposed = talk.ask(f"John beat Tom. {QUESTION}")
    assert talk.ask(f"John beat Tom. {QUESTION}") is supposed
    assert talk.ask(QUESTION).probability > supposed.probability + 0.1


def test_what_is_told_makes_it_another_question() -> None:
    talk = talk_of("Tom beat John.")
    before = talk.ask(QUESTION)
    talk.tell("John beat Tom.")
    after = talk.ask(QUESTION)
    assert before.probability - after.probability > 0.1
    other = talk.suppose("Tom beat John.")
    assert other.ask(QUESTION).probability > after.probability + 0.05
    assert talk.ask(QUESTION) is after


def test_another_goal_is_another_question() -> None:
    talk = talk_of("Tom beat John.")
    rough = talk.ask(QUESTION)
    talk.goal = replace(GOAL, precision=0.004)
    sharp = talk.ask(QUESTION)
    assert sharp.mcse < 0.005 < rough.mcse
    assert talk.ask(QUESTION, readings=True).ambiguities is not None
    assert talk.ask(QUESTION) is sharp


def test_only_the_last_answers_are_remembered() -> None:
    talk = talk_of("Tom beat John.", goal=Goal(precision=0.1))
    answer = talk.ask(QUESTION)
    for number in range(8):
        assert talk.ask(QUESTION) is answer, number
    for number in range(8):
        talk.goal = replace(GOAL, precision=0.1, seed=number + 1)
        talk.ask(QUESTION)
    talk.goal = Goal(precision=0.1)
    assert talk.ask(QUESTION) is not answer


class Interrupted:
    """A method that somebody ends each time."""

    name = "importance"

    def infer(self, problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
        posterior, _ = Importance().infer(problem, goal, state)
        return replace(posterior, stopped_by="interrupted"), None


def test_an_answer_that_was_interrupted_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METHODS, "importance", Interrupted())  # type: ignore[arg-type]
    talk = World.load("tugofwar").conversation(facts=False, goal=GOAL, method="importance")
    assert talk.ask("How strong is Tom?") is not talk.ask("How strong is Tom?")


def test_a_question_that_names_somebody_new_leaves_the_particles_of_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[int] = []

    def counted(problem: ProgramNode, particles: int, plan: RunPlan) -> Run:
        drawn.append(particles)
        return run(problem, particles, plan)

    monkeypatch.setattr("plot.inference.methods.importance.run", counted)
    talk = World.load("tugofwar").conversation(facts=False, goal=GOAL, method="importance")
    talk.tell("Tom beat John.")
    first = talk.ask(QUESTION)
    assert drawn
    drawn.clear()
    fresh = World.load("tugofwar").conversation(facts=False, goal=replace(GOAL, seed=1), method="smc")
    fresh.tell("Tom beat John.")
    one, other = talk.ask("Is Tom stronger than Sue?"), fresh.ask("Is Tom stronger than Sue?")
    assert agrees(one.probability, other.probability, one.mcse, other.mcse)
    assert agrees(talk.ask("Is John stronger than Tom?").probability, 1 - first.probability, first.mcse)
    talk.ask("Is Sue stronger than Tom?")
    talk.ask("Is Tom the strongest?")
    assert not drawn


@pytest.mark.parametrize("method", ["importance", pytest.param("smc", marks=pytest.mark.full)])
def test_a_name_that_the_world_knew_anyway_begins_nothing_anew(method: str) -> None:
    """Charlie is in every family tree: a question about him is asked of the particles that are there."""
    talk = World.load("kinship").conversation(goal=Goal(precision=0.05), method=method)
    talk.tell("Blake is Avery's sister.")
    first = talk.ask("Does Avery have a brother?")
    further = talk.ask("Is Charlie a parent of Avery?")
    alone = World.load("kinship").conversation(goal=Goal(precision=0.05), method=method)
    alone.tell("Blake is Avery's sister.")
    fresh = alone.ask("Is Charlie a parent of Avery?")
    assert further.log_evidence == first.log_evidence
    assert fresh.probability is not None and further.probability is not None
    assert agrees(further.probability, 0.5386, further.mcse) and agrees(fresh.probability, 0.5386, fresh.mcse)
    other = talk.ask("Is Eve a parent of Avery?")
    assert other.log_evidence != first.log_evidence, "a fifth name takes a place in the tree from the others"
