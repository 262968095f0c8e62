"""The forms of sentences from which worlds are built: each with an example and what it adds to the sketch."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass

from plot.building.amounts import Reach, amount, chance, figure
from plot.building.clauses import Clause, add_cases, cases_of, clause_of, split_predicate, subject_of, truth
from plot.building.conditions import against, by_adjective, condition
from plot.building.definitions import CONTESTS, DEFINITIONS, a_contest, decided_by
from plot.building.sketch import (
    ClashError,
    NoFormError,
    Quantity,
    WorldCase,
    code_of,
    identifier,
    key_of,
)
from plot.language import parse
from plot.language.syntax.nodes import Assign, Call, Constant, Name
from plot.world.derived.naming import singular
from plot.world.derived.values import MOMENTS

LOWEST, HIGHEST = 0.01, 0.99  # of a share that depends on something
LIGHT, PLAIN, STRONG = 0.3, 0.6, 0.9  # correlations that "a little", no word and "strongly" stand for


@dataclass(frozen=True)
class Form:
    """A form of sentences: a pattern, an example, and what a match of it adds to the sketch."""

    pattern: re.Pattern[str]
    example: str
    add: Callable[[re.Match[str], Clause], None]


# -- what each form adds ---------------------------------------------------------------------------------------


def there_are(match: re.Match[str], clause: Clause) -> None:
    """*There are three players*; *there are two neighbours, Ann and Bob*."""
    kind = singular(match["noun"]) or match["noun"]
    names = [part.strip() for part in re.split(r",\s*(?:and )?| and ", match["names"] or "") if part.strip()]
    wanted = figure(match["number"] or "")
    if wanted is not None and names and int(wanted) != len(names):
        raise NoFormError(f"{wanted} {match['noun']} have {len(names)} names")
    clause.sketch.kinds[kind] = tuple(identifier(name) for name in names)
    clause.sketch.sources.setdefault(kind, clause.source)


def with_chance(match: re.Match[str], clause: Clause) -> None:
    """*A player is lazy with a chance of 30%*; further subjects follow the first: *another worker with …*."""
    for subject, predicate in split_predicate(match["said"], clause):
        one, scope, tests = truth(subject, predicate, clause)
        text, *others = re.split(r"[,;] (?=(?:an?|another|other) [a-z ]+ with a chance of )", match["chance"])

        def flip(words: str, at: Reach) -> str:
            return f"flip({chance(words, at)})"

        add_cases(one, cases_of(text, scope, flip), tests, clause.source)
        for other in others:
            found = re.fullmatch(r"(?P<subject>.+?) with a chance of (?P<chance>.+)", other)
            assert found is not None
            _, more = subject_of(found["subject"], clause)
            add_cases(one, cases_of(found["chance"], scope, flip), more, clause.source)
        return
    raise NoFormError("it is not clear who or what is meant")


def share_of(match: re.Match[str], clause: Clause) -> None:
    """*20% of the trees are sick*."""
    kind = singular(match["noun"])
    if kind not in clause.sketch.kinds:
        raise NoFormError(f"say first that there are {match['noun']}")
    one, scope, tests = truth(f"a {kind}", match["predicate"], clause)
    add_cases(one, [(f"flip({chance(match['share'], scope)})", ())], tests, clause.source)


def has_amount(match: re.Match[str], clause: Clause) -> None:
    """*Each player has a strength, around 50, give or take 20*; *each race has a wind, …*."""
    kind, tests = subject_of(match["owner"], clause)
    name = match["name"]
    if kind is None and clause.sketch.extends:
        raise NoFormError(f"say first that there are such as “{match['owner']}”")
    if kind is None and match["owner"].split()[-1] not in clause.sketch.kinds:
        clause.event = match["owner"].split()[-1]
        if clause.event not in clause.sketch.events:
            clause.sketch.events.append(clause.event)
    _amount(name, kind, tests, match["amount"], clause)


def amount_is(match: re.Match[str], clause: Clause) -> None:
    """*The delay of a ferry is around 5 minutes*; *the wait is …*; *serving takes …*."""
    groups = match.groupdict()
    owner = groups.get("owner")
    kind, tests = subject_of(owner, clause) if owner else (None, ())
    if owner and kind is None:
        noun = owner.split()[-1]
        if noun not in clause.sketch.events:
            raise NoFormError(f"say first that there are such as “{owner}”")
        clause.event = noun
    _amount(match["name"], kind, tests, match["amount"], clause)


def has_as(match: re.Match[str], clause: Clause) -> None:
    """*A tired child has 80% of their speed as their pace*; *a lazy player pulls with half their strength*."""
    kind, tests = subject_of(match["owner"], clause)
    if kind is None:
        raise NoFormError(f"say first that there are such as “{match['owner']}”")
    name = match["name"] if "name" in match.groupdict() and match["name"] else key_of(match["verb"])
    _amount(name, kind, tests, match["amount"], clause)


def _amount(name: str, kind: str | None, tests: tuple[str, ...], text: str, clause: Clause) -> None:
    sketch = clause.sketch
    text, unit = _without_unit(text)
    known = sketch.measured(name, kind)
    choice = bool(re.fullmatch(r"(?:either )?(?:one of )?[a-z]+(?:, [a-z]+)*,? (?:and|or) [a-z]+(?:, with.*)?", text))
    identity = known.name if known else identifier(name)
    if known is None and identity in sketch.quantities:
        identity = f"{identity}_of_{identifier(kind or clause.event or 'all')}"
    one = sketch.quantity(
        identity, "choice" if choice else "number", clause.source, phrase=name, owner=kind, event=clause.event,
        unit=unit, group=kind in sketch.groups if kind else False,
    )  # fmt: skip
    scope = clause.scope(kind)
    scope.base = next((case.code for case in one.cases if not case.tests), None)
    add_cases(
        one,
        cases_of(text, scope, amount) if not choice else iter([(amount(text, scope), ())]),
        (*clause.tests, *tests),
        clause.source,
    )
    if kind in sketch.groups and not sketch.groups[str(kind)]:
        raise NoFormError(f"say what a {kind} has of its members: “the sum of its players”")


def _without_unit(text: str) -> tuple[str, str | None]:
    """Return an amount without *in minutes* at its end, and its unit: that, or the one behind the first figure."""
    found = re.fullmatch(r"(?P<rest>.+), in (?P<unit>[a-z]+)(?: [a-z ]+)?", text)
    if found is not None:
        return found["rest"], found["unit"]
    behind = re.search(
        r"\d (?P<unit>minutes?|hours?|seconds?|days?|years?|metres?|kilometres?|euros?|points?|kg|km)\b", text
    )
    return text, behind["unit"] if behind is not None else None


def beats(match: re.Match[str], clause: Clause) -> None:
    """*A team beats another if it pulls harder*."""
    kind, tests = subject_of(match["owner"], clause)
    if kind is None or tests:
        raise NoFormError(f"say first that there are such as “{match['owner']}”")
    one = clause.sketch.quantity(
        identifier(match["verb"]), "truth", clause.source, phrase=match["verb"], owner=kind, other=kind,
        event=clause.event, group=kind in clause.sketch.groups,
    )  # fmt: skip
    test = against(match["test"], clause.scope(kind), *one.parameters[:2])
    add_cases(one, [(test, ())], (), clause.source)


def only_if(match: re.Match[str], clause: Clause) -> None:
    """*A student passes a test if their score is above 110*: it is so where the condition is, and only there."""
    for subject, predicate in split_predicate(match["said"], clause):
        always = re.fullmatch(r"(?P<adverb>never|always) (?P<rest>.+)", predicate)
        one, scope, tests = truth(subject, predicate if always is None else always["rest"], clause)
        test = condition(match["test"], scope)
        code = test if always is None else str(always["adverb"] == "always")
        add_cases(
            one, [(code, () if always is None else (f"({test})",))], tests, clause.source, first=always is not None
        )
        return
    raise NoFormError("it is not clear who or what is meant")


def never(match: re.Match[str], clause: Clause) -> None:
    """*A neighbour never waters the garden if it rains*."""
    one, scope, tests = truth(match["subject"], match["predicate"], clause)
    test = condition(match["test"], scope)
    add_cases(one, [(str(match["adverb"] == "always"), (f"({test})",))], tests, clause.source, first=True)


def under(match: re.Match[str], clause: Clause) -> None:
    """*If it is windy, the pace of a child is 1 less*: another form, under a condition."""
    inner = Clause(match["rest"], clause.source, clause.sketch, clause.event)
    owner = next((kind for kind in clause.sketch.kinds if re.search(rf"\b{kind}\b", match["rest"])), None)
    inner.tests = (condition(match["test"], clause.scope(owner)),)
    add(inner)


def depends(match: re.Match[str], clause: Clause) -> None:
    """*The speed of a runner depends on their strength a little*: correlated, its spread stays as it was."""
    kind, _ = subject_of(match["owner"], clause) if match["owner"] else (None, ())
    cause = re.sub(r"^(?:their|its|his|her|the) ", "", match["cause"])
    owners = [kind] if kind is not None else [None, *clause.sketch.kinds]
    other = next((known for owner in (*owners, None) if (known := clause.sketch.measured(cause, owner))), None)
    one = next((known for owner in owners if (known := clause.sketch.measured(match["name"], owner))), None)
    how = match["how"] or match["before"] or ""
    share = {"a little": LIGHT, "slightly": LIGHT, "strongly": STRONG}.get(how.strip(), PLAIN)
    scale = _moments(other) if other is not None else None
    if one is None and other is not None and scale is not None and other.owner is not None:
        one = _on_the_scale_of(other, scale, match["name"], clause)
    _correlate(one, other, share, clause)
    if one is not None and one.owner is not None and (spread := _moments(one)) is not None:
        decided_by(one, spread[1], clause)


def _on_the_scale_of(cause: Quantity, scale: tuple[float, float], name: str, clause: Clause) -> Quantity:
    """Return a quantity of which nothing was said but its cause: it has the mean and the spread of that."""
    one = clause.sketch.quantity(identifier(name), "number", clause.source, phrase=name, owner=cause.owner)
    one.cases = [WorldCase(f"normal({scale[0]:g}, {scale[1]:g})", (), "")]
    one.moments = scale
    clause.sketch.assumed.append(
        f"{name} has the scale of {cause.phrase}: around {scale[0]:g}, give or take {scale[1]:.3g}"
    )
    return one


def the_more(match: re.Match[str], clause: Clause) -> None:
    """*The stronger a player is, the faster they are*."""
    kind = match["owner"].split()[-1]
    cause, up = by_adjective(match["first"], kind, clause.scope(kind))
    one, also_up = by_adjective(match["second"], kind, clause.scope(kind))
    _correlate(one, cause, PLAIN if up == also_up else -PLAIN, clause)


def _correlate(one: Quantity | None, cause: Quantity | None, share: float, clause: Clause) -> None:
    if one is None or cause is None:
        raise NoFormError("say first what both quantities are: “Each player has a speed, around 10, give or take 2.”")
    found, other = _moments(one), _moments(cause)
    if found is None or other is None:
        raise NoFormError("what depends, and what it depends on, are both around a figure, give or take another")
    (mean, sd), (at, spread) = found, other
    of = code_of(cause, {str(one.owner): identifier(str(one.owner))} if cause.owner else {})
    rest = (1 - share**2) ** 0.5 * sd
    if one.given is not None:  # its own draw is narrowed by as much as its new cause widens it
        own = f"{one.usual}({', '.join(one.parameters)})" if one.parameters else one.usual
        share_of_own = (1 - share**2) ** 0.5
        code = f"{mean:g} + {share_of_own:.4g} * ({own} - {mean:g}) + {share * sd / spread:.4g} * ({of} - {at:g})"
        one.cases.append(WorldCase(code, (), clause.source))
        return
    one.moments = (mean, sd)
    code = f"normal({mean:g} + {share * sd / spread:.4g} * ({of} - {at:g}), {rest:.4g})"
    if one.cases[0].code.startswith("beta"):
        code = f"min([{HIGHEST}, max([{LOWEST}, {code}])])"
    one.cases = [WorldCase(code, (), f"{one.cases[0].source} {clause.source}".strip())]


def _moments(one: Quantity) -> tuple[float, float] | None:
    """Return mean and spread of a quantity that is drawn from one distribution with figures."""
    if one.moments is not None:
        return one.moments
    plain = [case for case in one.cases if not case.tests]
    if len(one.cases) != 1 or not plain:
        return None
    node = parse(f"value = {plain[0].code}").body[0]
    call = node.value if isinstance(node, Assign) else None
    if not isinstance(call, Call) or not isinstance(call.function, Name) or call.function.id not in MOMENTS:
        return None
    figures = [arg.value for arg in call.args if isinstance(arg, Constant) and isinstance(arg.value, (int, float))]
    return MOMENTS[call.function.id](*figures) if len(figures) == len(call.args) else None


_BEGINS = "around|between|at least|usually|a share|a count|a whole|one of|either"  # how amounts begin
_HOW = " a little| strongly| slightly"
_OWNER = r"(?P<owner>(?:each|every|an?|the) [a-z ]+?|[a-z]+)"
FORMS = tuple(
    Form(re.compile(pattern, re.IGNORECASE), example, add)
    for pattern, example, add in (
        (
            rf"there is (?:also )?an? (?P<event>(?:[a-z]+ )*(?:{'|'.join(CONTESTS)}))",
            "There is also a swimming contest; speed depends on strength a little.",
            a_contest,
        ),
        (
            r"there (?:are|is) (?:also )?(?:(?P<number>\w+) )??(?P<noun>[a-z]+)(?:(?:,|:) (?P<names>.+))?",
            "There are two neighbours, Ann and Bob.",
            there_are,
        ),
        (
            r"(?:if|when) (?P<test>[^,]+), (?P<rest>(?!.*\b(?:if|otherwise)\b).+)",
            "If it is windy, the pace of a child is 1 less.",
            under,
        ),
        (
            r"(?P<said>.+?),? with a (?:chance|probability) of (?P<chance>.+)",
            "A player is lazy with a chance of 30%.",
            with_chance,
        ),
        (
            (
                r"(?P<share>[\d.]+ ?(?:%|percent)|half|a third|a quarter) of "
                r"(?:the |all )?(?P<noun>[a-z]+) (?P<predicate>.+)"
            ),
            "20% of the trees are sick.",
            share_of,
        ),
        (
            (
                rf"{_OWNER} (?:has|have) an? (?P<name>[a-z ]+?)(?:,| of| that is)? "
                rf"(?P<amount>(?:around|between|at least|usually|a share|a count|a whole"
                rf"|one of|either|[\d]).*)"
            ),
            "Each player has a strength, around 50, give or take 20.",
            has_amount,
        ),
        (
            rf"{_OWNER} (?:has|have) (?P<amount>.+) as (?:its|their|his|her) (?P<name>[a-z ]+)",
            "A tired child has 80% of their speed as their pace.",
            has_as,
        ),
        (rf"{_OWNER} (?P<verb>[a-z]+s) with (?P<amount>.+)", "A lazy player pulls with half their strength.", has_as),
        (
            (
                rf"(?:the )?(?P<name>[a-z]+) (?:of (?P<owner>an? [a-z]+|each [a-z]+) )?depends(?P<before>{_HOW})? on "
                rf"(?P<cause>.+?)(?P<how>{_HOW})?"
            ),
            "The speed of a runner depends on their strength a little.",
            depends,
        ),
        (
            (
                r"the (?P<first>(?:more |less )?[a-z]+) (?P<owner>(?:an?|the) [a-z]+)(?: is)?, "
                r"the (?P<second>(?:more |less )?[a-z]+) (?:they are|it is)"
            ),
            "The stronger a player is, the faster they are.",
            the_more,
        ),
        (
            r"the (?P<name>[a-z ]+?) of (?P<owner>(?:each|an?|every) [a-z ]+?) (?:is|takes) (?P<amount>.+)",
            "The delay of a ferry is around 5 minutes, give or take 2.",
            amount_is,
        ),
        (
            r"(?P<subject>an? [a-z ]+?) (?P<adverb>never|always) (?P<predicate>.+?) (?:if|when) (?P<test>.+)",
            "A neighbour never waters the garden if it rains.",
            never,
        ),
        (
            rf"{_OWNER} (?P<verb>[a-z]+) another(?: [a-z]+)? if (?P<test>.+)",
            "A team beats another if it pulls harder.",
            beats,
        ),
        (
            (
                r"(?:the )?(?P<name>[a-z]+(?: [a-z]+)?) (?:is|takes) "
                rf"(?P<amount>(?:{_BEGINS}|twice|half|the (?!same)|[\d]).*)"
            ),
            "The wait is around 10 minutes, give or take 5.",
            amount_is,
        ),
        (
            r"(?:the )?(?P<name>[a-z]+) (?:is|takes) (?P<amount>the .+|[a-z]+ (?:times|plus|minus) .+)",
            "The wait is the queue times the serving.",
            amount_is,
        ),
        *DEFINITIONS,
        (
            r"(?P<said>[a-z ]+?) (?:only )?if (?P<test>.+)",
            "A student passes a test if their score is above 110.",
            only_if,
        ),
    )
)


def add(clause: Clause) -> None:
    """Add what a clause says to its sketch. Raises NoFormError where no form fits."""
    reasons: list[NoFormError] = []
    for form in FORMS:
        match = form.pattern.fullmatch(clause.text)
        if match is None:
            continue
        before = copy.deepcopy(clause.sketch.__dict__)
        try:
            form.add(match, clause)
        except NoFormError as unfit:
            clause.sketch.__dict__.update(before)
            reasons.append(unfit)
            continue
        return
    parts = [part.strip() for part in clause.text.split(";")]
    if len(parts) > 1 and not any(isinstance(reason, ClashError) for reason in reasons):
        for part in parts:
            add(Clause(part, clause.source, clause.sketch, clause.event, clause.tests))
        return
    clashes = [reason for reason in reasons if isinstance(reason, ClashError)]
    raise next(iter([*clashes, *(reason for reason in reasons if str(reason)), *reasons]), NoFormError(""))


__all__ = ["FORMS", "Clause", "Form", "add", "clause_of"]
