"""Every aggregation scheme on held-out conversations: accuracy by meaning, log score, answers, cost.

    python -m benchmarks.mixture.run [--worlds tugofwar tabletop …] [--rounds 6] [--out benchmarks/mixture/results.json]

Experts are scripted (experts.py): how often each is right is planted, and those of one family err together. Their
wrong programs are made from the right ones of the worlds' examples (mistakes.py), and pooled by meaning with the
same code that conversations use. Schemes are fitted on one half of the examples and measured on the other. The
regret of an answer is the divergence of the answer under the mixture from that under what was meant,
KL(true || mixture), in nats; a conversation has two statements and a question of one answer. Intervals are
bootstrapped over conversations, at 95%.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import json
import math
import platform
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.mixture.experts import EXPERTS, Expert, Item, votes
from benchmarks.mixture.mistakes import mistakes, renamed, wordings
from plot.errors import PlotError
from plot.inference import Boolean, Choice, Goal, infer
from plot.language import parse, show
from plot.translate.assemble import assemble
from plot.translate.base import Discourse, Reading, Told
from plot.translate.mixture import Labelled, Pool, Scheme, Vote, make_pool, scheme_called
from plot.translate.mixture.frugal import Staged, cost_quality_curve
from plot.translate.mixture.pool import semantic_entropy
from plot.translate.model.events import event_places, new_events
from plot.translate.model.examples import act_of_example
from plot.translate.model.grounding import individuals_in
from plot.world import World

WORLDS = ("tugofwar", "lunch", "olympics", "clinic")
FLOOR = 0.01
MOST_WRONG = 4
BOOTSTRAPS = 1_000
DEFAULT, CONTROL = "weighted tuned, small", "best small, sampled 5 times"
BEATEN = (CONTROL, "string-vote, small", "top-1, small", "vote, small")
FAMILIES = {expert.name: expert.family for expert in EXPERTS}
COSTS = {expert.name: expert.cost for expert in EXPERTS}
SMALL = tuple(expert for expert in EXPERTS if expert.cost <= 1)


@dataclass
class Asked:
    """One utterance of a conversation: the pool of all experts, the right class in it, and samples of the best."""

    item: Item
    pool: Pool
    right: int | None
    again: Pool
    again_right: int | None


def items_of(world: World, chance: random.Random) -> list[Item]:
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


def _differs(item: Item, code: str, world: World) -> bool:
    readings = [Reading(item.act, text, names=item.names, events=item.events) for text in (item.right, code)]
    try:
        pool = make_pool(item.say, [Vote(f"{n}", one, 1.0) for n, one in enumerate(readings)], Discourse(world))
    except PlotError:
        return False
    return len(pool.classes) == 2


def asked(item: Item, world: World, chance: random.Random) -> Asked | None:
    """Return what all experts say of an utterance, None where all refuse."""
    said = votes(item, EXPERTS, chance)
    best = max(SMALL, key=lambda expert: expert.right[item.act] * (1 - expert.refuses))
    more = votes(item, [replace(best, refuses=0.0)], chance, samples=len(SMALL) - 1)
    if not said:
        return None
    pool, again = (make_pool(item.say, given, Discourse(world), families=FAMILIES) for given in (said, more))
    return Asked(item, pool, right_class(pool, item), again, right_class(again, item))


def right_class(pool: Pool, item: Item) -> int | None:
    """Return the class of the right program."""
    right = set(wordings(item.right))
    for number, members in enumerate(pool.classes):
        if any(pool.votes[member].reading.code in right for member in members):
            return number
    return None


# -- what is compared --------------------------------------------------------------------------------------


def restricted(pool: Pool, experts: Sequence[str]) -> Pool:
    """Return the pool of some experts only: the same classes, without the votes of the others."""
    keep = [number for number, vote in enumerate(pool.votes) if vote.expert in experts]
    classes = tuple(tuple(one for one in members if one in keep) for members in pool.classes)
    return replace(pool, classes=tuple(members for members in classes if members))


Weigh = Callable[[Asked], tuple[Pool, tuple[float, ...], float] | None]


def by(scheme: Scheme, experts: Sequence[Expert]) -> Weigh:
    """Return how a scheme over some experts weighs an utterance, and what that costs."""
    names = [expert.name for expert in experts]
    cost = sum(expert.cost for expert in experts)

    def weigh(one: Asked) -> tuple[Pool, tuple[float, ...], float] | None:
        pool = restricted(one.pool, names)
        return (pool, scheme.weigh(pool), cost) if pool.classes else None

    return weigh


def again(one: Asked) -> tuple[Pool, tuple[float, ...], float]:
    """The control that is often left out: the best small expert, sampled as often as all small ones are asked."""
    return one.again, scheme_called("vote").weigh(one.again), float(len(SMALL) - 1)


def cascade(threshold: float, scheme: Scheme) -> Weigh:
    """Grammar, then the small experts, then the large one where these are not sure."""
    stages = (("grammar",), tuple(expert.name for expert in SMALL), tuple(expert.name for expert in EXPERTS))

    def weigh(one: Asked) -> tuple[Pool, tuple[float, ...], float] | None:
        cost, found = 0.0, None
        for number, names in enumerate(stages):
            cost = sum(COSTS[name] for name in names)
            pool = restricted(one.pool, names)
            if pool.classes:
                weights = scheme.weigh(pool)
                found = (pool, weights, cost)
                if number < 2 and semantic_entropy(weights) <= threshold:
                    break
        return found

    return weigh


def contestants(train: Sequence[Asked]) -> dict[str, Weigh]:
    """Return all that is compared, fitted on the training half."""
    labelled = [Labelled(one.pool, one.right) for one in train]
    small = [Labelled(restricted(one.pool, [e.name for e in SMALL]), None) for one in train]
    small = [
        Labelled(pool.pool, right_class(pool.pool, one.item))
        for pool, one in zip(small, train, strict=True)
        if pool.pool.classes
    ]
    found: dict[str, Weigh] = {}
    for expert in EXPERTS:
        found[f"{expert.name} alone"] = by(scheme_called("vote"), [expert])
    found[CONTROL] = again
    for name in ("top-1", "string-vote", "vote", "mbr", "ranking"):
        found[f"{name}, small"] = by(scheme_called(name), SMALL)
    for name in ("weighted", "stacking"):
        scheme = scheme_called(name)
        found[f"{name} untuned, small"] = by(scheme_called(name), SMALL)
        scheme.fit(small)
        found[f"{name} tuned, small"] = by(scheme, SMALL)
    unlabelled: Any = scheme_called("weighted")
    unlabelled.fit_unlabelled([one.pool for one in small])
    found["weighted by agreement alone, small"] = by(unlabelled, SMALL)
    tuned = scheme_called("weighted")
    tuned.fit(labelled)
    found["weighted tuned, all"] = by(tuned, EXPERTS)
    found["vote, all"] = by(scheme_called("vote"), EXPERTS)
    found["cascade"] = cascade(0.3, tuned)
    found["any of the small, at random"] = at_random
    found["oracle, small"] = oracle
    return found


def at_random(one: Asked) -> tuple[Pool, tuple[float, ...], float] | None:
    """A small expert that reads the utterance, drawn by its text."""
    pool = restricted(one.pool, [expert.name for expert in SMALL])
    if not pool.classes:
        return None
    chosen = random.Random(one.item.say + str(len(one.pool.votes))).choice(pool.experts)
    return pool, pool.shares[chosen], 1.0


def oracle(one: Asked) -> tuple[Pool, tuple[float, ...], float] | None:
    """What is right, if any of the small experts has it: no scheme can do better."""
    pool = restricted(one.pool, [expert.name for expert in SMALL])
    if not pool.classes:
        return None
    right = right_class(pool, one.item)
    weights = [float(k == (right or 0)) for k in range(len(pool.classes))]
    return pool, tuple(weights), float(len(SMALL) - 1)


# -- measuring ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Score:
    """What one contestant came to on one conversation."""

    right: float
    log_score: float
    regret: float | None
    cost: float


@dataclass
class Talk:
    """A conversation: two statements and a question, with the answers that combinations of readings give."""

    world: World
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


def scored(talk: Talk, weigh: Weigh) -> Score:
    """Return the scores of one contestant on one conversation."""
    found = [weigh(one) for one in talk.said]
    right, logs, cost = 0.0, 0.0, 0.0
    for one, weighed in zip(talk.said, found, strict=True):
        mine = right_class(weighed[0], one.item) if weighed is not None else None
        weights = weighed[1] if weighed is not None else ()
        best = max(range(len(weights)), key=weights.__getitem__) if weights else None
        right += mine is not None and best == mine
        logs += math.log(max(FLOOR, weights[mine] if mine is not None else 0.0))
        cost += weighed[2] if weighed is not None else 0.0
    return Score(right / 2, logs / 2, _regret(talk, found), cost / 2)


def _regret(talk: Talk, found: Sequence[tuple[Pool, tuple[float, ...], float] | None]) -> float | None:
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


def _options(weighed: tuple[Pool, tuple[float, ...], float] | None, item: Item) -> list[tuple[str, float]]:
    """Return the readings with their weights; one that is refused says nothing."""
    if weighed is None:
        return [("x_ = flip(0.5)\n", 1.0)]
    pool, weights, _ = weighed
    right = right_class(pool, item)
    codes = [
        pool.votes[members[0]].reading.code if k != right else item.right for k, members in enumerate(pool.classes)
    ]
    return list(zip(codes, weights, strict=True))


def interval(values: Sequence[float], chance: random.Random) -> tuple[float, float, float]:
    """Return the mean and its bootstrapped interval."""
    means = sorted(sum(chance.choices(values, k=len(values))) / len(values) for _ in range(BOOTSTRAPS))
    return sum(values) / len(values), means[int(0.025 * BOOTSTRAPS)], means[int(0.975 * BOOTSTRAPS)]


def measured(worlds: Sequence[str], rounds: int, seed: int) -> dict[str, Any]:
    """Return the table: each contestant's figures with their intervals, and the cost–quality curve of the cascade."""
    chance = random.Random(seed)
    train: list[Asked] = []
    talks: list[Talk] = []
    for name in worlds:
        world = World.load(name)
        items = items_of(world, chance)
        chance.shuffle(items)
        statements = [item for item in items if item.act == "observation"]
        questions = [item for item in items if item.act == "question"]
        half = len(statements) // 2
        for _ in range(rounds):
            train += [one for item in statements[:half] if (one := asked(item, world, chance)) is not None]
        for number in range(rounds * 2):
            pair = [asked(item, world, chance) for item in chance.sample(statements[half:], 2)]
            if pair[0] is not None and pair[1] is not None and questions:
                question = about_them(questions[number % len(questions)], pair[0].item, pair[1].item)
                talks.append(Talk(world, (pair[0], pair[1]), question, {}))
        print(f"{name}: {len(items)} examples, {len(talks)} conversations so far", flush=True)
    rows, all_found = {}, {}
    for name, weigh in contestants(train).items():
        found = all_found[name] = [scored(talk, weigh) for talk in talks]
        regrets = [score.regret for score in found if score.regret is not None]
        rows[name] = {
            "right": interval([score.right for score in found], chance),
            "log_score": interval([score.log_score for score in found], chance),
            "regret": interval(regrets, chance),
            "cost": sum(score.cost for score in found) / len(found),
        }
        print(row_text(name, rows[name]), flush=True)
    gains = {}
    for other in BEATEN:
        gains[other] = gain(all_found[DEFAULT], all_found[other], chance)
        print(f"{DEFAULT} less {other}: {gains[other]}", flush=True)
    found_all = {"conversations": len(talks), "answers": len(regrets), "table": rows, "gains": gains}
    return {**found_all, "curve": curve(train, talks)}


def gain(mine: Sequence[Score], other: Sequence[Score], chance: random.Random) -> dict[str, tuple[float, float, float]]:
    """Return by how much one contestant differs from another on the same conversations, with intervals."""
    pairs = list(zip(mine, other, strict=True))
    regrets = [(a.regret, b.regret) for a, b in pairs if a.regret is not None and b.regret is not None]
    return {
        "right": interval([a.right - b.right for a, b in pairs], chance),
        "log_score": interval([a.log_score - b.log_score for a, b in pairs], chance),
        "regret": interval([a - b for a, b in regrets], chance),
    }


def curve(train: Sequence[Asked], talks: Sequence[Talk]) -> list[dict[str, Any]]:
    """Return what each cost buys: small experts first, the large one where they are not sure."""
    scheme = scheme_called("weighted")
    scheme.fit([Labelled(one.pool, one.right) for one in train])
    items = []
    for one in (said for talk in talks for said in talk.said):
        small = restricted(one.pool, [expert.name for expert in SMALL])
        few = small if small.classes else None
        items.append(Staged((few, one.pool), (right_class(few, one.item) if few else None, one.right)))
    costs = (sum(expert.cost for expert in SMALL), COSTS["large"])
    return [point.to_json() for point in cost_quality_curve(items, scheme, costs)]


def row_text(name: str, row: dict[str, Any]) -> str:
    """Return a line of the table."""
    shown = [
        f"{mean:6.3f} [{low:6.3f}, {high:6.3f}]" for mean, low, high in (row["right"], row["log_score"], row["regret"])
    ]
    return f"{name:36} {'  '.join(shown)}  {row['cost']:5.1f}"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", nargs="+", default=WORLDS)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out")
    options = parser.parse_args()
    print(f"{'':36} {'right':24}  {'log score':24}  {'regret of the answer':24}  cost")
    found = measured(options.worlds, options.rounds, options.seed)
    found |= {
        "date": datetime.date.today().isoformat(),
        "python": platform.python_version(),
        "worlds": list(options.worlds),
        "rounds": options.rounds,
        "seed": options.seed,
    }
    if options.out:
        Path(options.out).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
