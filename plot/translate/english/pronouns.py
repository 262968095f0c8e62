"""Whom a pronoun may mean: those who were named before it, the last first, if *he* or *she* fits the name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from plot.language.syntax.nodes import Constant, Expr, Name
from plot.translate.base import Discourse
from plot.translate.english.closed import MEN, WOMEN
from plot.translate.english.entries import NameUse, NounUse
from plot.translate.english.forest import Token
from plot.translate.english.noun_phrases import THEY

_INDEFINITE = ("QW", "A", "D", "DOF", "N_PL", "RN_PL", "WHO", "WHICH")


def antecedents(tokens: Sequence[Token], discourse: Discourse, place: int, kind: str) -> list[Expr]:
    """Return whom a pronoun at a place may mean, the likeliest first."""
    before = [token for token in tokens if token.first < place]
    found: list[Expr] = []
    if any(tag in token.tags for token in before for tag in _INDEFINITE):
        found.append(Name(id=THEY))
        discourse = replace(discourse, salient=())  # whom the sentence itself introduces is meant, not an earlier one
    uses = [use for token in reversed(before) for use in token.tags.get("NAME", ()) if isinstance(use, NameUse)]
    if kind == "it" and not found and _definite(before):
        found.append(Name(id=THEY))
    if kind == "it":
        return list(dict.fromkeys([*found, *(use.expr for use in uses if use.thing)]))
    named = [use.expr for use in uses if not use.thing]
    found += [expr for expr in named if isinstance(expr, Constant) and fits(str(expr.value), kind)]
    found += [Constant(value=name) for name in discourse.salient if fits(name, kind)]
    return list(dict.fromkeys(found))


def _definite(tokens: Sequence[Token]) -> bool:
    """Tell whether something is spoken of as *the so-and-so*."""
    places = [number for number, token in enumerate(tokens) if "THE" in token.tags]
    return any("N_SG" in token.tags for place in places for token in tokens[place:])


def noun_before(tokens: Sequence[Token], place: int) -> NounUse | None:
    """Return the noun for which *one* stands: the last one before it."""
    for token in reversed([token for token in tokens if token.first < place]):
        for tag in ("N_SG", "N_PL"):
            for use in token.tags.get(tag, ()):
                if isinstance(use, NounUse):
                    return use
    return None


def named_before(tokens: Sequence[Token], discourse: Discourse, place: int) -> list[Expr]:
    """Return who is named before a place in the sentence, or, where no one is, in the last utterance."""
    before = [token for token in tokens if token.first < place]
    uses = [use for token in before for use in token.tags.get("NAME", ()) if isinstance(use, NameUse)]
    named = [use.expr for use in uses if not use.thing]
    if not named:  # "no other player is as strong as Tom"
        after = [use for token in tokens if token.first > place for use in token.tags.get("NAME", ())]
        named = [use.expr for use in after if isinstance(use, NameUse) and not use.thing][:1]
    if not named and discourse.told:
        named = [Constant(value=name) for name in discourse.told[-1].readings[0].names]
    return list(dict.fromkeys(named))


def fits(name: str, kind: str) -> bool:
    """Tell whether *he* or *she* may be said of a name.

    >>> fits("mary", "he"), fits("alex", "he"), fits("mary", "they")
    (False, True, True)
    """
    first = name.split("_")[0]
    return not ((kind == "he" and first in WOMEN) or (kind == "she" and first in MEN))
