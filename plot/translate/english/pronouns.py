"""Whom a pronoun may mean: who was named before it, with weights; *he* and *she* fit some names, *they* several."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from plot.language.syntax.nodes import Call, Compare, Comprehension, Constant, Expr, Name, NameTarget, walk
from plot.translate.base import Discourse
from plot.translate.english.build import both, call, listing
from plot.translate.english.closed import MEN, WOMEN
from plot.translate.english.entries import NameUse, NounUse
from plot.translate.english.forest import Token
from plot.translate.english.noun_phrases import THEY
from plot.translate.english.record import program_of
from plot.world.inflect import plural

_INDEFINITE = ("QW", "A", "D", "DOF", "N_PL", "RN_PL", "WHO", "WHICH")
FURTHER_BACK = 0.04  # of who was named in the sentence before, in proportion to who is named in this one
NOT_FIRST = 0.6  # of each further name of a sentence, in proportion to the one before it: subjects come first
ALL_NAMED = 0.3  # "they" for all who were named, where some were named together: "Tom and Sue"
SINGLE = 0.3  # "they" for one of several who were named; a quarter of that where "he" or "she" could be said
GENDERED = 0.25

_COUNTED = re.compile(r"\b(?:\d+|two|three|four|five|some|several|other|more) $")
_PREDICATE = re.compile(r"\b(?:is|are|was|were|be)\b(?!.*\b(?:to|than|with|by|of|as)\b)[^,]*$|\bof $")
_DENYING = re.compile(r"\b(?:no|not|never|any|every|each|neither)\b|n['’]t\b")
_OBJECT_OF = frozenset(("to", "against", "by", "with"))
_PRONOUN = re.compile(r"\b(?:he|him|his|she|her|they|them|their|it|its)\b")

Antecedent = tuple[tuple[Expr, ...], float]  # whom a pronoun means, one or several, and how likely that is


@dataclass(frozen=True, slots=True)
class Mentions:
    """Who is named in a sentence, in order, and who are named together: *Tom and Sue*."""

    names: tuple[Expr, ...]
    together: tuple[tuple[Expr, ...], ...] = ()
    alone: Expr | None = None  # who was named alone, after several others


def antecedents(
    tokens: Sequence[Token], discourse: Discourse, place: int, kind: str, said: str = ""
) -> list[Antecedent]:
    """Return whom a pronoun at a place of what is `said` may mean, the likeliest first."""
    before = [token for token in tokens if token.first < place]
    introducing = before[:-1] if before and "DOF" in before[-1].tags else before  # "some of them" introduces nobody
    indefinite = any(
        tag in token.tags
        for number, token in enumerate(introducing)
        for tag in _INDEFINITE
        if not _is_predicate(introducing, number)
    )
    if kind == "it":
        return _it(before, indefinite, discourse)
    here = _in_sentence(before)
    levels = [here]
    if kind == "they" and any(token.first == place and str(token).lower() == "them" for token in tokens):
        others = here.names[:-1]  # "Tom beat Sue, and Ann lost to them": those besides the subject
        if len(others) > 1 and all(here.names[-1] in group for group in here.together):
            levels[0] = Mentions(here.names, (*here.together, others))
    if indefinite:  # whom the sentence itself introduces is meant, not an earlier one
        return [((Name(id=THEY),), 1.0)] + [(whom, FURTHER_BACK * weight) for whom, weight in _among(levels[0], kind)]
    told = list(_told(discourse))
    if told and not here.names and _had(discourse, kind, len(told[0].names)):
        return []
    levels += [_in_turn(told), *told[1:]] if kind == "they" and told else told
    ranked: dict[tuple[Expr, ...], float] = {}
    factor = 1.0
    parallel = _is_parallel(discourse, said, place)
    for level in levels:
        fitting = _among(level, kind)
        if parallel:
            weights = [weight for _, weight in fitting]
            fitting = [(whom, weight) for (whom, _), weight in zip(reversed(fitting), weights, strict=True)]
        for whom, weight in fitting:
            ranked.setdefault(whom, factor * weight)
        factor *= FURTHER_BACK if fitting else 1.0
    return sorted(ranked.items(), key=lambda one: -one[1])


def _it(before: Sequence[Token], indefinite: bool, discourse: Discourse) -> list[Antecedent]:
    """Return what *it* may mean, after some tokens of a sentence."""
    uses = [use for token in before for use in token.tags.get("NAME", ()) if isinstance(use, NameUse)]
    found: list[Antecedent] = [((Name(id=THEY),), 1.0)] if indefinite or _definite(before) else []
    things = dict.fromkeys(use.expr for use in reversed(uses) if use.thing)
    found += [((thing,), NOT_FIRST**rank) for rank, thing in enumerate(things, len(found))]
    before_it = [((thing,), NOT_FIRST**rank) for rank, thing in enumerate(_described(discourse))]
    if before_it and any(str(token).lower() == "it" for token in before):  # twice of the same
        return [*before_it, *((whom, FURTHER_BACK * weight) for whom, weight in found)]
    return [*found, *((whom, FURTHER_BACK * weight if found else weight) for whom, weight in before_it)]


def _is_predicate(tokens: Sequence[Token], number: int) -> bool:
    """Return whether an article begins what somebody is: *would Ann be a grandmother*, *is Ann a mother*."""
    if number > 0 and "A" in tokens[number - 1].tags:
        return _is_predicate(tokens, number - 1)
    before = [token.tags.keys() for token in tokens[max(0, number - 2) : number]]
    be = {"BE", "BE0", "BEEN"}
    if "A" not in tokens[number].tags or not before or "THERE" in before[0]:
        return False
    return bool(before[-1] & be) or (len(before) > 1 and "NAME" in before[-1] and bool(before[0] & be))


def _had(discourse: Discourse, kind: str, named: int) -> bool:
    """Return whether a pronoun may mean someone without a name of whom the last utterance spoke.

    *Ann has two children. Are they married?* *Ann's sister is married. Is she a mother?*
    """
    said = discourse.told[-1].say.casefold()
    if re.search(r"\b(?:named|called)\b", said) or (kind == "they" and named > 1):
        return False
    for key, noun in discourse.world.lexicon.nouns.items():
        forms = (key, *noun.also) if kind != "they" else (noun.plural or plural(key), *map(plural, noun.also))
        female = noun.of is not None and "not male" in noun.of
        male = noun.of is not None and "male" in noun.of and not female
        fitting = kind == "they" or (noun.of is not None and (not male if kind == "she" else not female))
        places = re.finditer(rf"\b(?:{'|'.join(map(re.escape, forms))})\b", said) if fitting else ()
        if any(_is_introduced(said[: place.start()], noun.of is None) for place in places):
            return True
    return False


def _is_parallel(discourse: Discourse, said: str, place: int) -> bool:
    """Return whether a pronoun stands where the one before stood: *Tom beat Bob, and Mary beat him too*."""
    if re.match(r"(?:him|her)\s+(?:too|as well|also)\b", said[place:].casefold()) is None:
        return False
    *earlier, last = said[:place].casefold().split()
    told = discourse.told[-1].say.casefold().split() if discourse.told else []
    return {*earlier, *told} & _OBJECT_OF == {last} & _OBJECT_OF


def _is_introduced(before: str, counted: bool) -> bool:
    """Return whether a noun after these words speaks of someone: not in *is her sister*, nor in *has no sister*.

    A noun without owner must be `counted`: *two patients*, *some other patients*.
    """
    if counted:
        return _COUNTED.search(before) is not None
    return not _PREDICATE.search(before) and not _DENYING.search(before)


def _described(discourse: Discourse) -> list[Expr]:
    """Return what the last utterance spoke of by a description, in order: the red mug, of *There is a red mug*."""
    lists = {Name(id=variable) for variable in discourse.world.name_lists}
    found: list[Expr] = []
    for node in walk(program_of(discourse.told[-1].readings[0].code)) if discourse.told else ():
        some = node.args[0] if isinstance(node, Call) and node.function == Name(id="any") else None
        if isinstance(some, Comprehension):  # "the red ball hits the blue one": the subject comes first
            found += filter(_is_first, walk(some.element))
        loop = some.generators[0] if isinstance(some, Comprehension) and len(some.generators) == 1 else None
        if loop is not None and loop.iterable not in lists and isinstance(loop.target, NameTarget):
            assert isinstance(some, Comprehension)
            tests = loop.conditions or (some.element,)
            things = listing(Name(id=loop.target.id), loop.target.id, loop.iterable, both(list(tests)))
            found.append(call("first", things))
    return list(dict.fromkeys(found))


def _is_first(node: object) -> TypeGuard[Call]:
    return isinstance(node, Call) and node.function == Name(id="first")


def _among(level: Mentions, kind: str) -> list[Antecedent]:
    """Return whom of those who are named in one sentence a pronoun may mean."""
    fitting = [one for one in level.names if isinstance(one, Constant) and fits(str(one.value), kind)]
    if kind != "they":
        return [((one,), NOT_FIRST**rank) for rank, one in enumerate(fitting)]
    if len(level.names) == 1:
        return [((one,), 1.0) for one in fitting]
    found: list[Antecedent] = [(group, NOT_FIRST**rank) for rank, group in enumerate(level.together)]
    members = {one for group in level.together for one in group}
    if len(level.names) > 1 and level.names not in level.together:
        found.append((level.names, ALL_NAMED if found else 1.0))
    single = [one for one in reversed(fitting) if one not in members or one == level.alone]
    return found + [((one,), SINGLE * _neutral(one)) for one in single]


def _in_turn(told: Sequence[Mentions]) -> Mentions:
    """Return who was named last, the last first: those whom the last sentences named one by one are together.

    *Ann has a fever. Bob has a fever. Do they have the flu?* Of one who is named after several, all of them may be
    meant, or these: *Tom beat Sue. John is strong. Are they lazy?*
    """
    named: list[Expr] = []
    several: tuple[Expr, ...] = ()
    for level in told:
        if len(level.names) > 1:
            several = level.names
            break
        named += [one for one in level.names if one not in named]
    if len(named) == 1 and several and named[0] not in several:
        return Mentions((*several, *named), ((*several, *named), several), named[0])
    if len(named) < 2:
        return told[0]
    everyone = tuple(reversed(named))
    return Mentions(everyone, (everyone,))


def _neutral(one: Expr) -> float:
    """Return how likely someone is spoken of as *they* alone: less where the name is a woman's or a man's."""
    first = str(getattr(one, "value", "")).split("_")[0]
    return GENDERED if first in WOMEN | MEN else 1.0


def _in_sentence(tokens: Sequence[Token]) -> Mentions:
    """Return who is named in some tokens."""
    names: list[Expr] = []
    together: list[tuple[Expr, ...]] = []
    chain: list[Expr] = []
    joined = False
    for number, token in enumerate(tokens):
        uses = [use for use in token.tags.get("NAME", ()) if isinstance(use, NameUse) and not use.thing]
        if uses and (number == 0 or not chain or tokens[number - 1].tags.keys() & {"AND", "_C"}):
            chain.append(uses[0].expr)
        elif uses or not (token.tags.keys() & {"AND", "_C"} and chain):
            together += [tuple(dict.fromkeys(chain))] if joined and len(chain) > 1 else []
            chain, joined = [use.expr for use in uses[:1]], False
        joined |= "AND" in token.tags and bool(chain)
        names += [use.expr for use in uses[:1]]
    if joined and len(chain) > 1:
        together.append(tuple(dict.fromkeys(chain)))
    subject = _last_subject(tokens, names)
    if not together and len(names) > 2 and subject:
        together.append(tuple(dict.fromkeys(names[:-1])))
    return Mentions(tuple(dict.fromkeys(names)), tuple(together))


def _last_subject(tokens: Sequence[Token], names: Sequence[Expr]) -> bool:
    """Return whether the last name is the subject of the last clause, which a pronoun there does not mean."""
    joins = [number for number, token in enumerate(tokens) if token.tags.keys() & {"AND", "BUT", "_C", "SO", "BECAUSE"}]
    named = [number for number, token in enumerate(tokens) if "NAME" in token.tags]
    return bool(joins and named and names) and named[-1] == joins[-1] + 1


def _told(discourse: Discourse) -> Iterator[Mentions]:
    """Yield who was named in each utterance before, the last first."""
    for told in reversed(discourse.told):
        names = list(dict.fromkeys(name for reading in told.readings for name in reading.names))
        said = re.sub(r"[^\w\s,&]", " ", told.say.casefold())
        places = sorted((_place(said, name), name) for name in names)
        shown = "|".join(re.escape(_words(name)) for _, name in places)
        groups = (
            re.findall(rf"\b(?:{shown})\b(?:(?:\s*,\s*|\s*,?\s+and\s+|\s*&\s*)(?:{shown})\b)+", said) if shown else []
        )
        together = []
        for group in groups:
            members = [name for _, name in places if re.search(rf"\b{re.escape(_words(name))}\b", group)]
            if re.search(r"\band\b|&", group) and len(members) > 1:
                together.append(tuple[Expr, ...](Constant(value=name) for name in members))
        yield Mentions(tuple(Constant(value=name) for _, name in places), tuple(together))


def _words(name: str) -> str:
    return name.replace("_", " ")


def _place(said: str, name: str) -> int:
    """Return where a name stands in what was said; of one that is not there, where the pronoun stands."""
    found = re.search(rf"\b{re.escape(_words(name))}\b", said) or _PRONOUN.search(said)
    return found.start() if found is not None else -1


def _definite(tokens: Sequence[Token]) -> bool:
    """Return whether something is spoken of as *the so-and-so*."""
    places = [number for number, token in enumerate(tokens) if "THE" in token.tags]
    return any({"N_SG", "ONEN"} & token.tags.keys() for place in places for token in tokens[place:])


def noun_before(tokens: Sequence[Token], place: int, discourse: Discourse) -> NounUse | None:
    """Return the noun for which *one* stands: the last one before it, else the first of the last utterance."""
    for token in reversed([token for token in tokens if token.first < place]):
        for tag in ("N_SG", "N_PL"):
            for use in token.tags.get(tag, ()):
                if isinstance(use, NounUse):
                    return use
    nouns = {word: noun for word, noun in discourse.world.lexicon.nouns.items() if noun.domain and not noun.of}
    said = re.findall(r"\w+", discourse.told[-1].say.casefold()) if discourse.told else []
    for word, (key, noun) in ((word, pair) for word in said for pair in nouns.items()):
        if word in (key, plural(key), *noun.also, *map(plural, noun.also)):
            return NounUse(key, noun, word not in (key, *noun.also))
    return None


def compared(tokens: Sequence[Token], place: int) -> bool:
    """Return whether *else* stands in a comparison: *than anyone else*."""
    before = [token for token in tokens if token.first < place]
    return len(before) > 1 and bool({"THAN", "AS"} & before[-2].tags.keys())


def named_before(tokens: Sequence[Token], discourse: Discourse, place: int) -> list[Expr]:
    """Return besides whom *else* or *other* speaks of somebody; none where that is not clear.

    It is who is named before in the sentence, in another clause or in the subject; else, whom the last utterance
    named in the place of *nobody else*: Tom, where *Tom beat Sue* came before *nobody else beat Sue*.
    """
    before = [token for token in tokens if token.first < place]
    here = _in_sentence(before)
    after = list(_in_sentence([token for token in tokens if token.first > place]).names)
    last = [Constant(value=name) for name in discourse.told[-1].readings[0].names] if discourse.told else []
    named = list(here.names)
    if not named and after:
        others = [one for one in last if one not in after]
        if others and any(one in last for one in after):
            return list(dict.fromkeys(others))
        orders = any(token.tags.keys() & {"AS", "THAN"} for token in tokens)
        return after[:1] if orders else []  # "no other player is as strong as Tom"
    if not named:
        return list(dict.fromkeys(last))
    if _denied_of_subject(before, here):
        return list(dict.fromkeys([*named, *last])) if any(one in last for one in named) else []
    return named


def _denied_of_subject(before: Sequence[Token], here: Mentions) -> bool:
    """Return whether *nobody else* or *anyone else* is the object of a clause of whose subject alone it is said."""
    chosen = {use[0] for tag in ("QW", "D") for token in before[-1:] for use in token.tags.get(tag, ())}
    joined = len(before) > 1 and bool(before[-2].tags.keys() & {"AND", "BUT", "_C", "OR"})
    alone = len(here.names) == 1 or here.names in here.together
    return bool(chosen & {"no", "any", "some"}) and alone and not joined


def relates_to_itself(node: object) -> bool:
    """Return whether an expression compares something with itself, or relates it to itself."""
    if isinstance(node, Compare) and len(node.ops) == 1:
        return node.left == node.comparators[0]
    if not isinstance(node, Call) or len(node.args) < 2:
        return False
    first, second, *_ = node.args
    is_one = not isinstance(first, Constant) or isinstance(first.value, str)
    return first == second and is_one


def fits(name: str, kind: str) -> bool:
    """Tell whether *he* or *she* may be said of a name.

    >>> fits("mary", "he"), fits("alex", "he"), fits("mary", "they")
    (False, True, True)
    """
    first = name.split("_")[0]
    return not ((kind == "he" and first in WOMEN) or (kind == "she" and first in MEN))
