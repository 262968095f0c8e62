"""The forms of sentences from which worlds are built: each with an example and what it adds to the sketch."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from plot.building.amounts import Reach, amount, chance, figure
from plot.building.conditions import against, by_adjective, condition
from plot.building.sketch import (
    THING,
    NoFormError,
    Quantity,
    Sketch,
    WorldCase,
    code_of,
    identifier,
    key_of,
    singular_words,
)
from plot.language import parse
from plot.language.syntax.nodes import Assign, Call, Constant, Name
from plot.world.derived.naming import base_of, singular
from plot.world.derived.values import MOMENTS

_EVENT = re.compile(
    r"^(?:in|on|at) (?:a|an|each|every|the) (\w+),? |"
    r",? (?:in|on|at) (?:a|an|each|every|the) (\w+)(?= |,|$)|^each (\w+) (?=it |an? |the )"
)
_SUBJECT = re.compile(r"(?:an?|each|every|another|the|all)? ?(?P<words>.+)", re.IGNORECASE)
_CASES = re.compile(
    r"\s*(?:;|,)\s*(?:and |but |or )?|"
    r"\s+(?:and|but) (?=(?:[\d.]+ ?%|around|between|half|twice)[^,;]*\b(?:if|otherwise|unless)\b)"
)
_DETERMINERS = ("a", "an", "the", "each", "every", "another")
LOWEST, HIGHEST = 0.01, 0.99  # of a share that depends on something
LIGHT, PLAIN, STRONG = 0.3, 0.6, 0.9  # correlations that "a little", no word and "strongly" stand for


@dataclass(frozen=True)
class Form:
    """A form of sentences: a pattern, an example, and what a match of it adds to the sketch."""

    pattern: re.Pattern[str]
    example: str
    add: Callable[[re.Match[str], Clause], None]


@dataclass
class Clause:
    """A sentence without its events: the text, the noun of the event, the tests that it is under, and the sketch."""

    text: str
    source: str
    sketch: Sketch
    event: str | None = None
    tests: tuple[str, ...] = ()

    def scope(self, kind: str | None, variable: str | None = None) -> Reach:
        """Return whom the clause speaks of."""
        variables = {kind: variable or identifier(kind)} if kind is not None else {}
        return Reach(self.sketch, variables, kind)


def clause_of(sentence: str, sketch: Sketch) -> Clause:
    """Return a sentence as a clause; its event, if it has one, becomes known."""
    text = sentence.strip().rstrip(".!")
    text = text[:1].lower() + text[1:]
    found = _EVENT.search(text)
    if found is None:
        return Clause(text, sentence, sketch)
    noun = next(group for group in found.groups() if group)
    if noun in sketch.kinds or noun in sketch.things:
        return Clause(text, sentence, sketch)
    if noun not in sketch.events:
        sketch.events.append(noun)
    rest = f"{text[: found.start()]} {text[found.end() :]}".strip()
    return Clause(" ".join(rest.split()), sentence, sketch, noun)


# -- subjects and predicates -----------------------------------------------------------------------------------


def subject_of(text: str, clause: Clause) -> tuple[str | None, tuple[str, ...]]:
    """Return the kind that a subject names (a thing has none of its own), and what its adjectives say of it."""
    found = _SUBJECT.fullmatch(text.strip())
    words = found["words"].lower().split() if found is not None else []
    for start in range(len(words)):
        noun = " ".join(words[start:])
        one = noun if noun in clause.sketch.kinds or noun in clause.sketch.groups else singular(noun)
        if one in clause.sketch.kinds or one in clause.sketch.groups:
            return one, tuple(_adjective(word, str(one), clause) for word in words[:start] if word != "other")
    return None, ()


def _adjective(word: str, kind: str, clause: Clause) -> str:
    one = clause.sketch.predicate(f"be {word}", kind)
    if one is None:
        raise NoFormError(f"say first how likely it is that a {kind} is {word}")
    return code_of(one, {kind: identifier(kind)})


def truth(subject: str, predicate: str, clause: Clause) -> tuple[Quantity, Reach, tuple[str, ...]]:
    """Return what a subject and a predicate say is true or not, with whom it speaks of and the tests of the subject."""
    sketch, key = clause.sketch, key_of(predicate)
    if subject in ("it", "there"):
        name = _function_name(predicate)
        one = sketch.quantity(name, "truth", clause.source, phrase=predicate, event=clause.event)
        return one, clause.scope(None), ()
    kind, tests = subject_of(subject, clause)
    other: str | None = None
    if kind is not None:
        predicate, other = _object(predicate, kind, clause)
        name = _function_name(predicate)
        same = sketch.predicate(key_of(predicate), kind)
        one = same or sketch.quantity(
            name, "truth", clause.source, phrase=predicate, owner=kind, other=other, event=clause.event,
            group=kind in sketch.groups,
        )  # fmt: skip
        if one.event is None:
            one.event = clause.event
        scope = clause.scope(kind)
        if other is not None and other != kind:
            scope.variables[other] = identifier(other)
        return one, scope, tests
    if re.match(r"(?:each|every|all|some) ", subject) or (re.match(r"an? ", subject) and clause.event is None):
        raise NoFormError(f"say first that there are such as “{subject}”")
    thing = singular_words(subject.lower())
    if thing not in sketch.things:
        sketch.things.append(thing)
    name = _function_name(predicate)
    one = sketch.predicate(key, THING) or sketch.quantity(
        name, "truth", clause.source, phrase=predicate, owner=THING, event=clause.event
    )
    return one, clause.scope(THING), (f'{THING} == "{identifier(thing)}"',)


def _object(predicate: str, kind: str, clause: Clause) -> tuple[str, str | None]:
    """Return a predicate without its object, where that is an individual: *beats another*, *eats a nut*."""
    found = re.fullmatch(
        r"(?P<verb>.+?) (?P<det>another|a|an|the|some)(?: (?P<noun>\w+))?(?P<rest>(?: \w+)*)", predicate
    )
    if found is None:
        return predicate, None
    noun = found["noun"] or kind
    if found["det"] == "another" and noun in (kind, found["noun"]) and (found["noun"] in (None, kind)):
        return found["verb"], kind
    if noun in clause.sketch.kinds and not found["rest"]:
        return found["verb"], noun
    if noun in clause.sketch.events and not found["rest"]:
        clause.event = noun
        return found["verb"], None
    return predicate, None


def _function_name(predicate: str) -> str:
    """Return the name of what a predicate says: `is_lazy`, `bears_fruit`."""
    words = [word for word in predicate.split() if word not in ("the", "a", "an")]
    return identifier(" ".join(["is", *words[1:]] if words[0] in ("is", "are") else words))


def split_predicate(text: str, clause: Clause) -> Iterator[tuple[str, str]]:
    """Yield the ways to cut a clause into a subject and a predicate: before *is*, before a verb."""
    words = text.split()
    ends = range(1, min(len(words), 6))
    verbs = [end for end in ends if words[end] in ("is", "are") or base_of(words[end].lower()) is not None]
    cut = [(" ".join(words[:end]), " ".join(words[end:])) for end in verbs if words[end - 1] not in _DETERMINERS]
    known = [end for end in ends if subject_of(" ".join(words[:end]), clause)[0] is not None]
    plural_verbs = [(" ".join(words[:end]), " ".join(words[end:])) for end in known if end not in verbs]
    yield from sorted(cut, key=lambda pair: subject_of(pair[0], clause)[0] is None)
    yield from plural_verbs


# -- cases -----------------------------------------------------------------------------------------------------


def cases_of(text: str, scope: Reach, read: Callable[[str, Reach], str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each value in a list of cases with its tests: *10%, 40% if it rains and 90% otherwise*."""
    for part in _parts(text):
        found = re.fullmatch(r"(?P<value>.+?) (?P<word>if|when|unless) (?P<test>.+)", part)
        before = re.fullmatch(r"(?:if|when) (?P<test>.+?),? (?P<value>(?:around |between |half |twice )?[\d.].*)", part)
        if found is not None or before is not None:
            match = found or before
            assert match is not None
            test = condition(match["test"], scope)
            unless = found is not None and found["word"] == "unless"
            yield read(match["value"].removesuffix(","), scope), (f"not ({test})" if unless else test,)
        else:
            otherwise = read(re.sub(r"^otherwise |,? otherwise$", "", part), scope)
            scope.base = scope.base or otherwise
            yield otherwise, ()


def _parts(text: str) -> list[str]:
    """Return the cases in a text; what follows a comma may belong to the case before it: *give or take 3*."""
    parts: list[str] = []
    for part in _CASES.split(text):
        starts = re.match(r"(?:around|between|otherwise|half|twice|if|when|a count|\d)", part)
        joins = parts and (not starts or re.match(r"(?:if|when|unless)\b", part))
        if parts and (part.startswith(("give or take", "with chances", "unless", "sometimes", "usually")) or joins):
            sep = " " if part.startswith(("if", "unless", "when")) else ", "
            parts[-1] += sep + part
        else:
            parts.append(part)
    return parts


def add_cases(
    one: Quantity,
    found: Iterable[tuple[str, tuple[str, ...]]],
    tests: tuple[str, ...],
    source: str,
    *,
    first: bool = False,
) -> None:
    """Add cases to a quantity. Raises NoFormError where it was said otherwise before."""
    new = [WorldCase(code, (*tests, *more), source, first) for code, more in found]
    for case in new:
        if any(case.tests == before.tests for before in one.cases):
            raise NoFormError(f"“{one.phrase}” was said before")
    changes = [case for case in new if case.code.startswith(("* ", "+ ", "- "))]
    if changes and not one.cases:
        raise NoFormError("say first how much it is otherwise")
    one.changes += changes
    one.cases += [case for case in new if case not in changes]


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
    one = clause.sketch.measured(match["name"], kind)
    cause = match["cause"].removeprefix("their ").removeprefix("its ").removeprefix("the ")
    other = clause.sketch.measured(cause, kind) or clause.sketch.measured(cause)
    how = match["how"] or match["before"] or ""
    _correlate(one, other, {"a little": LIGHT, "slightly": LIGHT, "strongly": STRONG}.get(how.strip(), PLAIN), clause)


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
    code = f"normal({mean:g} + {share * sd / spread:.4g} * ({of} - {at:g}), {rest:.4g})"
    if one.cases[0].code.startswith("beta"):
        code = f"min([{HIGHEST}, max([{LOWEST}, {code}])])"
    one.cases = [WorldCase(code, (), f"{one.cases[0].source} {clause.source}")]


def _moments(one: Quantity) -> tuple[float, float] | None:
    """Return mean and spread of a quantity that is drawn from one distribution with figures."""
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
            r"there (?:are|is) (?:(?P<number>\w+) )??(?P<noun>[a-z]+)(?:(?:,|:) (?P<names>.+))?",
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
                rf"the (?P<name>[a-z]+) (?:of (?P<owner>an? [a-z]+|each [a-z]+) )?depends(?P<before>{_HOW})? on "
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
        (
            r"(?P<said>[a-z ]+?) (?:only )?if (?P<test>.+)",
            "A student passes a test if their score is above 110.",
            only_if,
        ),
    )
)


def add(clause: Clause) -> None:
    """Add what a clause says to its sketch. Raises NoFormError where no form fits."""
    reasons: list[str] = []
    for form in FORMS:
        match = form.pattern.fullmatch(clause.text)
        if match is None:
            continue
        before = copy.deepcopy(clause.sketch.__dict__)
        try:
            form.add(match, clause)
        except NoFormError as unfit:
            clause.sketch.__dict__.update(before)
            reasons.append(str(unfit))
            continue
        return
    raise NoFormError(reasons[0] if reasons else "")


__all__ = ["FORMS", "Clause", "Form", "add", "clause_of"]
