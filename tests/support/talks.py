"""A conversation with each world, and what comes of it to the last digit: alone, and beside others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from plot.conversation import World
from plot.inference import Goal, infer
from plot.inference.progress import listening
from tests.inference.models import problem
from tests.support.sizes import FULL

SAFETY_NET = 600.0  # seconds: what ends an answer here is its precision, or its particles
PATIENCE = 120.0  # seconds that a thread waits for its turn, before it goes on without


@dataclass(frozen=True)
class Talk:
    """What is told and asked of a world, and how it is inferred."""

    world: str
    told: tuple[str, ...]
    asked: tuple[str, ...]
    method: str = "auto"
    precision: float = 0.05
    particles: int = 30_000

    def digits(self) -> str:
        """Return what comes of it."""
        goal = Goal(precision=self.precision, seconds=SAFETY_NET, particles=self.particles)
        talk = World.load(self.world).conversation(facts=False, goal=goal, method=self.method)
        for utterance in self.told:
            talk.tell(utterance)
        found = [talk.ask(question).posterior for question in self.asked]
        return repr([(one.method, one.particles, one.marginals, one.log_evidence, one.ess) for one in found])


@dataclass(frozen=True)
class Alone:
    """A number known with noise, inferred by a method of Pyro's."""

    method: str

    def digits(self) -> str:
        """Return what comes of it."""
        asked = problem("x = normal(0, 1)", "observe(normal(x, 1), 2)", ask="query(x)")
        found, _ = infer(asked, Goal(precision=0.1, seconds=SAFETY_NET, particles=60_000), self.method)
        return repr((found.method, found.particles, found.marginals, found.log_evidence, found.ess))


MATCHES = ("Tom beat John.", "John and Mary beat Tom and Sue.")
RARE = ("Blake is Avery's sister.",)  # odds are learned for it, which takes seconds
WORLDS = (
    Talk("tugofwar", (*MATCHES, "Tom beat Sue."), ("Is Mary stronger than Tom?", "Was Tom lazy in the first match?")),
    Talk("kinship", RARE if FULL else (), ("Is Charlie a parent of Avery?",)),
    Talk("lunch", ("Bob walked North on Danner.",), ("Does Bob like vegetarian food?",)),
    Talk("clinic", ("Ann has a fever.",), ("Does Ann have the flu?", "How many patients have the flu?")),
    Talk("bayesnet", ("The probability of the purple event is 55%.",), ("What is the probability of purple?",)),
    Talk("collisions", ("The red object is a block.",), ("Does the red object hit the blue one?",)),
    Talk("olympics", ("Kay beat Lane by a lot.",), ("How strong is Kay?", "Is Lane stronger than Kay?")),
    Talk("tabletop", ("There is at least one red mug.",), ("How many mugs are there?",)),
)
METHODS: tuple[Talk | Alone, ...] = (
    Talk("tugofwar", MATCHES, ("How strong is Mary?", "Is Mary stronger than Tom?"), "importance"),
    Talk("tugofwar", MATCHES, ("How strong is Mary?", "Is Mary stronger than Tom?"), "adaptive"),
    Talk("tugofwar", MATCHES, ("How strong is Mary?", "Is Mary stronger than Tom?"), "smc"),
    Alone("nuts"),
    Alone("svi"),
    Talk("tabletop", ("There are three mugs.",), ("Is there a red mug?",), "guided"),
)


def together(talks: Sequence[Talk]) -> list[str]:
    """Return the digits of conversations in a thread each, all begun at once."""
    begin = threading.Barrier(len(talks))

    def held(talk: Talk) -> str:
        begin.wait()
        return talk.digits()

    with ThreadPoolExecutor(len(talks)) as pool:
        return list(pool.map(held, talks))


@dataclass
class Baton:
    """Whose turn it is among threads, of which one goes on at a time; `left` are those that have not ended."""

    left: list[int]
    turn: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, number: int) -> None:
        """Wait until it is a thread's turn."""
        with self.turn:
            self.turn.wait_for(lambda: self.left[0] == number, PATIENCE)

    def pass_on(self, number: int) -> None:
        """Let the next thread have its turn, and wait for one's own."""
        with self.turn:
            if self.left[0] == number:
                self.left.append(self.left.pop(0))
            self.turn.notify_all()
        self.wait(number)

    def end(self, number: int) -> None:
        """Leave the turns to the others."""
        with self.turn:
            self.left.remove(number)
            self.turn.notify_all()


def in_turns(works: Sequence[Callable[[], str]]) -> list[str]:
    """Return what works come to in a thread each, where every report of progress gives the turn to the next thread.

    So the same steps of the one come between those of the other each time, whatever the machine does.
    """
    baton = Baton(list(range(len(works))))

    def held(number: int) -> str:
        baton.wait(number)
        try:
            with listening(lambda share, what: baton.pass_on(number)):
                return works[number]()
        finally:
            baton.end(number)

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(held, range(len(works))))
