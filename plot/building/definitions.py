"""What definitions add: nouns for some of a kind, changes of quantities and chances, further contests."""

from __future__ import annotations

import re

from plot.building.amounts import amount
from plot.building.clauses import Clause, add_cases, new_noun, some_of_a_kind, subject_of
from plot.building.conditions import by_adjective, condition
from plot.building.sketch import (
    ClashError,
    NoFormError,
    Quantity,
    WorldCase,
    code_of,
    identifier,
    key_of,
    singular_words,
)
from plot.world.derived.naming import base_of, singular
from plot.world.inflect import verb_forms

_SOMEONE = "someone|somebody|anyone|anybody|one"
_TIMES = r"half|twice|a third|a quarter|two thirds|three quarters|[\w.]+ times|[\d.]+ ?(?:%|percent)"
_BY = r"[\d.]+ ?(?:%|percent)|[\d.]+(?: [a-z]+)?"
_VAGUE = r"(?:a little|a bit|slightly|somewhat|much|a lot|far)? ?"
_OF_EACH = re.compile(r"at home|away(?: from home)?|from .+")  # where somebody is, not what an event is like
_WEATHER = frozenset(["rain", "snow", "hail", "thunder", "storm", "drizzle"])
FORM = 0.5  # how much a quantity varies from contest to contest, in its standard deviations between individuals
CONTESTS = ("contest", "race", "match", "tournament", "game", "competition", "championship", "cup")


def somebody(match: re.Match[str], clause: Clause) -> None:
    """*A champion is someone who is stronger than everybody they have played*: a noun for some of a kind."""
    noun = singular(match["noun"]) or match["noun"]
    kind = _kind(match["kind"], clause)
    if kind is None:
        raise NoFormError(f"say first that there are such as “{match['kind']}”")
    if clause.sketch.kind_of(noun) is not None:
        raise ClashError(f"“{noun}” is a kind already", clause.sketch.sources.get(noun, ""), noun)
    subject = {"whose": "their "}.get(match["rel"], "they ")
    one = some_of_a_kind(noun, kind, clause)
    add_cases(one, [(condition(subject + match["test"], clause.scope(kind)), ())], (), clause.source)


def _kind(words: str, clause: Clause) -> str | None:
    """Return the kind that *someone* or *a player* names; of several kinds, *someone* is the first."""
    if re.fullmatch(_SOMEONE, words):
        kinds = [kind for kind in clause.sketch.kinds if clause.sketch.aliases.get("person", kind) == kind]
        return kinds[0] if kinds else None
    return subject_of(words, clause)[0]


def changed(match: re.Match[str], clause: Clause) -> None:
    """*Kids are half as strong*; *women are 20% stronger*; *teams pull 10% harder at home*; *rain makes …*."""
    groups = match.groupdict()
    kind, tests, new = _whom(match["subject"], clause)
    if "likely" in (groups.get("adjective") or ""):
        raise NoFormError("say how much more likely it is: “Smokers are twice as likely to have a cough”")
    one, up = _changed_quantity(groups, kind, clause)
    if groups.get("times"):
        code = amount(f"{groups['times'].replace('percent', '%')} of 1", clause.scope(kind))
        code = f"* {code.removesuffix(' * (1)')}"
        if not up:
            raise NoFormError(f"say it with the other word: “half as …” of what is more than “{groups['adjective']}”")
    else:
        code = amount(f"{_stated(groups)} {'more' if up else 'less'}", clause.scope(kind))
    if new:
        clause.sketch.classes[new] = some_of_a_kind(new, str(one.owner), clause).name
        kind, tests = subject_of(new, clause)
    circumstance = groups.get("where") or groups.get("cause")
    if circumstance:
        tests = (*tests, _circumstance(circumstance, one, kind, clause, bool(groups.get("cause"))))
    if kind in clause.sketch.groups and one.owner != kind and tests:
        one.of_groups.append(WorldCase(code, (*clause.tests, *tests), clause.source))
        return
    add_cases(one, [(code, ())], (*clause.tests, *tests), clause.source)


def _stated(groups: dict[str, str | None]) -> str:
    by = groups.get("by")
    if not by:
        raise NoFormError("say by how much: “10% stronger”")
    return by.replace(" percent", "%").replace(" %", "%")


def _whom(subject: str, clause: Clause) -> tuple[str | None, tuple[str, ...], str | None]:
    """Return the kind of a subject, the tests of it, and a new noun for some of a kind where it is one."""
    kind, tests = subject_of(subject, clause)
    if kind is not None:
        return kind, tests, None
    one = new_noun(subject, clause.text[len(subject) :].strip() if clause.text.startswith(subject) else "")
    if one is None:
        raise NoFormError(f"say first that there are such as “{subject}”")
    return None, (), one


def _changed_quantity(groups: dict[str, str | None], kind: str | None, clause: Clause) -> tuple[Quantity, bool]:
    """Return the quantity that a comparison changes, and whether more of it is meant."""
    sketch = clause.sketch
    owners = [kind] if kind is not None else list(sketch.kinds)
    owners += [member for member in (sketch.groups.get(kind or ""),) if member]
    for owner in owners:
        scope = clause.scope(owner)
        if groups.get("adjective") and not groups.get("verb"):
            one, up = by_adjective(str(groups["adjective"]), str(owner), scope)
        elif groups.get("verb"):
            one, up = (
                _done(str(groups["verb"]), owner, clause),
                groups["adjective"] not in ("weaker", "slower", "worse"),
            )
        else:
            one, up = sketch.measured(str(groups["name"]), owner), groups.get("way") != "less"
        if one is not None:
            return one, up
    said = groups.get("adjective") if not groups.get("verb") else groups["verb"]
    raise NoFormError(f"nothing was said of what “{said or groups.get('name')}” changes")


def _done(verb: str, owner: str | None, clause: Clause) -> Quantity | None:
    """Return the quantity of what somebody does: *pull* is `pulling`, or `pull`."""
    base = base_of(verb) or verb
    for phrase in (base, verb_forms(base)["ing"], verb_forms(base)["third"]):
        one = clause.sketch.measured(phrase, owner)
        if one is not None:
            return one
    return None


def _circumstance(words: str, one: Quantity, kind: str | None, clause: Clause, cause: bool) -> str:
    """Return the test of a circumstance: *at home* is one of whom it is said, *in the evening* one of the event."""
    plain = singular_words(words.lower())
    sketch = clause.sketch
    if one.event is None and one.given is not None:
        raise NoFormError(f"“{one.phrase}” is the same at all times: say “{words}” of what differs in each event")
    if _OF_EACH.fullmatch(plain):
        name, owner = identifier(f"is {plain}"), kind or one.owner
        if cause:
            raise NoFormError(f"say it the other way round: “… 10% stronger {words}”")
        new = sketch.quantity(
            name, "truth", clause.source, phrase=f"is {plain}", owner=owner, event=one.event,
            group=owner in sketch.groups,
        )  # fmt: skip
        return code_of(new, {str(owner): identifier(str(owner))})
    known = sketch.predicate(key_of(f"is {plain}"), None)
    if cause and plain not in _WEATHER and known is None:
        raise NoFormError(f"say in another way when “{words}” is so: “Players who … pull 10% weaker”")
    phrase = f"{plain}s" if cause else plain
    new = known or sketch.quantity(identifier(phrase), "truth", clause.source, phrase=phrase, event=one.event)
    return code_of(new, {})


def as_likely(match: re.Match[str], clause: Clause) -> None:
    """*Smokers are twice as likely to have a cough*; *a kid is 20% less likely to be lazy*: a change of a chance."""
    kind, tests, new = _whom(match["subject"], clause)
    predicate = re.sub(r"^be\b", "is", match["predicate"])
    found = None
    for owner in [kind] if kind is not None else clause.sketch.kinds:
        found = found or clause.sketch.predicate(key_of(predicate), owner)
    if found is None:
        raise NoFormError(f"say first how likely it is to {match['predicate']}")
    if new:
        clause.sketch.classes[new] = some_of_a_kind(new, str(found.owner), clause).name
        _, tests = subject_of(new, clause)
    said = match["times"] or f"{match['by']} {match['way']}"
    code = amount(f"{said} as likely" if match["times"] else said.replace(" percent", "%"), clause.scope(found.owner))
    add_cases(found, [(code, ())], (*clause.tests, *tests), clause.source)


def a_contest(match: re.Match[str], clause: Clause) -> None:
    """*There is also a swimming contest*: a further kind of event; what decides it is the next quantity."""
    event = " ".join(match["event"].lower().split())
    if event.split()[-1] not in CONTESTS:
        raise NoFormError("say what happens there: “There is also a swimming contest; speed depends on strength.”")
    if event in clause.sketch.events:
        raise ClashError(f"there is “{event}” already", clause.sketch.sources.get(event, ""), event)
    clause.sketch.events.append(event)
    clause.sketch.sources[event] = clause.source
    clause.sketch.contests[event] = ""


def decided_by(one: Quantity, spread: float, clause: Clause) -> None:
    """Let a quantity decide the contest that was said before it: who shows more of it there wins."""
    sketch, kind = clause.sketch, str(one.owner)
    for event in [event for event, decides in sketch.contests.items() if not decides]:
        name = identifier(f"{one.name} in {event}")
        shown = sketch.quantity(
            name, "number", clause.source, phrase=f"{one.phrase} in {event}", owner=kind, event=event
        )
        code = f"normal({one.name}({identifier(kind)}), {spread * FORM:g})"
        add_cases(shown, [(code, ())], (), clause.source)
        sketch.contests[event] = name
        sketch.assumed.append(f"who has more {one.phrase} in a {event} wins, give or take {spread * FORM:.3g}")


def out_doing(event: str) -> tuple[dict[str, dict[str, str]], str]:
    """Return the verb of who wins a contest, with its irregular forms, and that of who loses.

    >>> out_doing("chess tournament")
    ({'win the chess tournament against': {}}, 'lose the chess tournament to')
    >>> out_doing("swimming contest")[0]["outswim"]["past"]
    'outswam'
    """
    first, *rest = event.split()
    base = next((one for one in _bases_of(first) if verb_forms(one)["ing"] == first), None)
    if base is None or not rest:
        return {f"win the {event} against": {}}, f"lose the {event} to"
    forms = {name: f"out{form}" for name, form in verb_forms(base).items() if name != "base"}
    return {f"out{base}": forms}, f"lose the {event} to"


def _bases_of(word: str) -> list[str]:
    stem = word.removesuffix("ing")
    doubled = stem[-1:] == stem[-2:-1]
    return [*([stem[:-1]] if doubled else []), stem, stem + "e"] if stem != word else []


_WHERE = r"(?: (?P<where>(?:in|on|at|from|during) .+|away(?: from home)?))?"
_MORE = "harder|weaker|faster|slower|better|worse|stronger|more|less|longer|higher"
_ADJECTIVE = rf"(?:is |are )?{_VAGUE}(?P<by>{_BY})? ?(?P<adjective>(?:more|less) [a-z]+|[a-z]+er)"
_AS = rf"(?:is |are )?(?P<times>{_TIMES}) as (?P<adjective>[a-z]+)(?: as (?:otherwise|others))?"
_VERB = rf"(?P<verb>[a-z]+) {_VAGUE}(?P<by>{_BY})? ?(?P<adjective>{_MORE})"
_REL = r"(?P<rel>who|whose|that)"
_LIKELY = rf"(?:(?P<times>{_TIMES}) as likely|(?P<by>[\d.]+ ?(?:%|percent)) (?P<way>more|less) likely)"
_NOUN = r"[a-z]+(?:[ -][a-z]+)?"
DEFINITIONS = (
    (
        rf"(?:an? )?(?P<noun>{_NOUN}) (?:is|are) (?P<kind>{_SOMEONE}|an? [a-z]+|[a-z]+) {_REL} (?P<test>.+)",
        "A champion is someone who is stronger than everybody they have played.",
        somebody,
    ),
    (rf"(?P<subject>.+?) (?=is|are){_AS}", "Kids are half as strong.", changed),
    (rf"(?P<subject>.+?) (?=is |are ){_ADJECTIVE}{_WHERE}", "Women are 20% stronger.", changed),
    (
        rf"(?P<subject>.+?) (?:has|have) (?P<times>{_TIMES}) (?:of )?(?:the|their) (?P<name>[a-z]+)",
        "Juniors have two thirds of the strength.",
        changed,
    ),
    (
        rf"(?P<subject>.+?) (?:has|have) (?P<by>{_BY}) (?P<way>more|less) (?P<name>[a-z]+)",
        "Seniors have 20% less strength.",
        changed,
    ),
    (rf"(?P<cause>[a-z ]+?) makes? (?P<subject>[a-z ]+?) {_VERB}", "Rain makes teams pull 10% weaker.", changed),
    (rf"(?P<cause>[a-z ]+?) makes? (?P<subject>[a-z ]+?) {_ADJECTIVE}", "Wine makes players 10% weaker.", changed),
    (rf"(?P<subject>.+?) {_VERB}{_WHERE}", "Teams pull 10% harder at home.", changed),
    (
        rf"(?P<subject>.+?) (?:is|are) {_LIKELY} to (?P<predicate>.+)",
        "Smokers are twice as likely to have a cough.",
        as_likely,
    ),
)

__all__ = ["CONTESTS", "DEFINITIONS", "a_contest", "as_likely", "changed", "decided_by", "out_doing", "somebody"]
