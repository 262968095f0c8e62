"""A router's knowledge of each world: its description, examples, and words with their forms."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plot.errors import PlotError
from plot.translate.english.closed import CLOSED
from plot.translate.english.vocabulary import of_lexicon
from plot.world import WorldSpec


@dataclass(frozen=True, slots=True)
class Domain:
    """A world as a router sees it: `lines` are things that people say in it, `phrases` its words with their forms."""

    name: str
    description: str
    lines: tuple[str, ...]
    phrases: tuple[str, ...] = ()


def domain_of(name: str, world: WorldSpec) -> Domain:
    """Return what a router may know of a world, from its examples, tests, facts, lexicon and description."""
    lines = [said for example in world.examples for said in (example.say, *example.given)]
    lines += [said for test in world.tests for said in (test.ask, *test.given)]
    lines += world.facts
    phrases = {" ".join(key).replace(" 's", "'s") for key in of_lexicon(world.lexicon).phrases} - set(CLOSED)
    return Domain(name, " ".join(world.description.split()), tuple(dict.fromkeys(lines)), tuple(sorted(phrases)))


def domains_of(worlds: Mapping[str, WorldSpec]) -> tuple[Domain, ...]:
    """Return the domains of worlds by their names. Raises PlotError where there are none."""
    if not worlds:
        raise PlotError("there are no worlds to choose from", hint="give a folder of world files")
    return tuple(domain_of(name, world) for name, world in worlds.items())


def digest(domains: Sequence[Domain], *more: object) -> str:
    """Return a key that changes with anything that a router learns from."""
    said = [[one.name, one.description, list(one.lines), list(one.phrases)] for one in domains]
    text = json.dumps([said, [str(one) for one in more]], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


__all__ = ["Domain", "digest", "domain_of", "domains_of"]
