"""Conversations: utterances with what all experts say of them, and the answers under combinations of readings."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.mixture.experts import EXPERTS, FAMILIES, SMALL, Item, votes
from benchmarks.mixture.mistakes import mistakes, renamed, wordings
from plot.errors import PlotError
from plot.inference import Boolean, Choice, Goal, infer
from plot.language import parse, show
from plot.translate.assemble import assemble
from plot.translate.base import Discourse, Reading, Told
from plot.translate.mixture import LabelledPool, Pool, PoolingRule, Vote, likeliest
from plot.translate.model.events import event_places, new_events
from plot.translate.model.examples import act_of_example
from plot.translate.model.grounding import individuals_in
from plot.world import WorldSpec

FLOOR = 0.01
MOST_WRONG = 4
AGAIN = 5  # how often the best small expert is asked: what asking all small ones once costs


@dataclass
class Asked:
    """One utterance: the pool of all experts with the right class in it, and that of the best small one asked again."""

    item: Item
    all: LabelledPool
    again: LabelledPool | None = None


@dataclass(frozen=True)
class Weighed:
    """What a contestant makes of an utterance: a pool, the weights of its classes, and what that cost."""

    one: LabelledPool
    weights: tuple[float, ...]
    cost: float


def items_of(world: WorldSpec, chance: random.Random) -> list[Item]:
    """Return the examples that stand alone, with wrong programs that differ from the right one in meaning."""
    found = []
    for example in world.examples:
        if example.given or act_of_example(example) == "knowledge":
            continue
        program = parse(example.code)
        discourse = Discourse(world)
        names = individuals_in(program, discourse)
        events = new_events(program, event_places(world.lexicon), 0)
        item = Item(example.say, act_of_example(example), show(program), (), names, events)
        differing = (code for code in mistakes(example.code, world, chance) if _differs(item, code, world))
        wrong = tuple(itertools.islice(differing, MOST_WRONG))
        if wrong:
            found.append(replace(item, wrong=wrong))
    return found


def _differs(item: Item, code: str, world: WorldSpec) -> bool:
    readings = [Reading(item.act, text, names=item.names, events=item.events) for text in (item.right, code)]
    try:
        pool = PoolingRule().pool(
            item.say, [Vote(f"{n}", one, 1.0) for n, one in enumerate(readings)], Discourse(world)
        )
    except PlotError:
        return False
    return len(pool.classes) == 2


def asked(item: Item, world: WorldSpec, chance: random.Random, again: bool = False) -> Asked | None:
    """Return what all experts say of an utterance, None where all refuse; also what the best says, asked again."""
    said = votes(item, EXPERTS, chance)
    best = max(SMALL, key=lambda expert: expert.right[item.act] * (1 - expert.refuses))
    more = votes(item, [replace(best, refuses=0.0)], chance, samples=AGAIN) if again else []
    if not said:
        return None
    return Asked(item, pooled(item, said, world), pooled(item, more, world) if more else None)


def pooled(item: Item, said: Sequence[Vote], world: WorldSpec) -> LabelledPool:
    """Return votes in classes of one meaning, with the right one."""
    pool = PoolingRule(FAMILIES).pool(item.say, said, Discourse(world))
    return LabelledPool(pool, right_class(pool, item))


def right_class(pool: Pool, item: Item) -> int | None:
    """Return the class of the right program."""
    right = set(wordings(item.right))
    for number, members in enumerate(pool.classes):
        if any(pool.votes[member].reading.code in right for member in members):
            return number
    return None


@dataclass
class Talk:
    """A conversation: two statements and a question, with the answers that combinations of readings give."""

    world: WorldSpec
    said: tuple[Asked, Asked]
    question: Item
    known: dict[tuple[str, str], tuple[float, dict[str, float]] | None]

    def answer(self, one: str, two: str) -> tuple[float, dict[str, float]] | None:
        """Return the log evidence and the answer under two readings; None where they are impossible together."""
        if (one, two) not in self.known:
            self.known[one, two] = _answer(self, (one, two))
        return self.known[one, two]


def about_them(question: Item, *said: Item) -> Item:
    """Return a question about those of whom the statements speak."""
    names = list(dict.fromkeys(name for item in said for name in item.names))
    instead = dict(zip(question.names, names, strict=False))
    program = renamed(parse(question.right), instead)
    return replace(question, right=show(program), names=tuple(instead.get(name, name) for name in question.names))


def _answer(talk: Talk, codes: tuple[str, str]) -> tuple[float, dict[str, float]] | None:
    discourse = Discourse(talk.world)
    for item, code in zip((one.item for one in talk.said), codes, strict=True):
        reading = Reading("observation", code, 1.0, names=item.names, events=item.events)
        names = tuple(dict.fromkeys([*discourse.names, *item.names]))
        discourse = replace(discourse, told=(*discourse.told, Told(item.say, "observation", (reading,))), names=names)
    asking = Told(
        talk.question.say, "question", (Reading("question", talk.question.right, 1.0, names=talk.question.names),)
    )
    try:
        posterior, _ = infer(assemble(discourse, asking).problem(), Goal(seconds=4.0, precision=0.01))
    except PlotError:
        return None
    shown = posterior.marginals[0]
    if isinstance(shown, Boolean):
        return posterior.log_evidence, {"yes": shown.probability, "no": 1 - shown.probability}
    return (posterior.log_evidence, dict(shown.probabilities)) if isinstance(shown, Choice) else None


@dataclass(frozen=True)
class Score:
    """What one contestant came to on one conversation."""

    right: float
    log_score: float
    regret: float | None
    cost: float


def scored(talk: Talk, found: Sequence[Weighed | None]) -> Score:
    """Return the scores of what a contestant makes of a conversation's statements."""
    right, logs, cost = 0.0, 0.0, 0.0
    for weighed in found:
        mine = weighed.one.right if weighed is not None else None
        if weighed is not None:
            cost += weighed.cost
            right += likeliest(weighed.weights) == mine
        logs += math.log(max(FLOOR, weighed.weights[mine] if weighed is not None and mine is not None else 0.0))
    return Score(right / 2, logs / 2, _regret(talk, found), cost / 2)


def _regret(talk: Talk, found: Sequence[Weighed | None]) -> float | None:
    """Return KL(true || mixture) of the answer: readings weigh by their evidence too, as in a program."""
    truth = talk.answer(*(one.item.right for one in talk.said))
    if truth is None:
        return None
    mixed: dict[str, float] = {}
    total = 0.0
    options = [_options(weighed, one.item) for weighed, one in zip(found, talk.said, strict=True)]
    for (one, w1), (two, w2) in itertools.product(*options):
        answer = talk.answer(one, two) if w1 * w2 > 1e-3 else None
        if answer is not None:
            weight = w1 * w2 * math.exp(answer[0])
            total += weight
            for option, share in answer[1].items():
                mixed[option] = mixed.get(option, 0.0) + weight * share
    if total <= 0:
        return math.log(1 / FLOOR)
    return sum(
        share * math.log(share / max(FLOOR, mixed.get(option, 0.0) / total))
        for option, share in truth[1].items()
        if share > 1e-9
    )


def _options(weighed: Weighed | None, item: Item) -> list[tuple[str, float]]:
    """Return the readings with their weights; one that is refused says nothing."""
    if weighed is None:
        return [("x_ = flip(0.5)\n", 1.0)]
    pool, right = weighed.one.pool, weighed.one.right
    codes = [
        pool.votes[members[0]].reading.code if k != right else item.right for k, members in enumerate(pool.classes)
    ]
    return list(zip(codes, weighed.weights, strict=True))


def conversations(
    worlds: Sequence[str], rounds: int, count: int, chance: random.Random
) -> tuple[list[Asked], list[Talk]]:
    """Return the utterances of one half of the examples, `rounds` times, and conversations of the other half."""
    train: list[Asked] = []
    talks: list[Talk] = []
    for name in worlds:
        world = WorldSpec.load(name)
        items = items_of(world, chance)
        chance.shuffle(items)
        statements = [item for item in items if item.act == "observation"]
        questions = [item for item in items if item.act == "question"]
        half = len(statements) // 2
        for _ in range(rounds):
            train += [one for item in statements[:half] if (one := asked(item, world, chance)) is not None]
        for number in range(count // len(worlds)):
            one, two = (asked(item, world, chance, again=True) for item in chance.sample(statements[half:], 2))
            if one is not None and two is not None:
                question = about_them(questions[number % len(questions)], one.item, two.item)
                talks.append(Talk(world, (one, two), question, {}))
        print(
            f"{name}: {half} of {len(statements)} statements to fit on, {len(talks)} conversations so far", flush=True
        )
    return train, talks
