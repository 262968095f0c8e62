"""Of whom a question speaks: the individuals in it, the few others of their kinds, and what people call each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from plot.language.syntax.nodes import Assign, Constant, Expr, ListExpr, Name, NameTarget, walk
from plot.text import SOMEBODY
from plot.translate.base import Discourse
from plot.translate.english.record import program_of
from plot.translate.spelling import spelling
from plot.world.inflect import plural
from plot.world.lexicon import Lexicon, Verb, expression

FEW = 6


@dataclass(frozen=True, slots=True)
class Scope:
    """The individuals of a question (`main`), and `everyone` else who may matter: their kinds, and objects of verbs.

    `lists` are the members of each list of the world whose members are known by name; `said` is all that was said,
    the question last.
    """

    lexicon: Lexicon
    lists: Mapping[str, tuple[Expr, ...]]
    names: tuple[str, ...]
    said: str
    words: frozenset[str]
    main: tuple[Expr, ...] = ()
    everyone: tuple[Expr, ...] = field(default=())

    @classmethod
    def of(cls, asked: Expr, discourse: Discourse, names: Sequence[str], sentence: str) -> Scope:
        """Return the individuals of a question."""
        nodes = [node for part in _spelt_out(asked, discourse) for node in walk(part)]
        used = [node for node in nodes if isinstance(node, Constant) and _is_name(node)]
        known = tuple(dict.fromkeys([*names, *discourse.names]))
        mentioned = tuple(name for name in known if name in discourse.names or Constant(value=name) in used)
        lists = listed_by_name(discourse, mentioned)
        main: tuple[Expr, ...] = tuple(
            dict.fromkeys(x for x in used if any(x in members for members in lists.values()))
        )
        if not main:  # "everyone"
            spoken = [members for name, members in lists.items() if Name(id=name) in nodes and len(members) <= FEW]
            main = tuple(dict.fromkeys(x for members in spoken for x in members))
        taken = _taken(discourse.world.lexicon)
        small = {name: members for name, members in lists.items() if len(members) <= FEW}
        near = [x for name, members in small.items() if name in taken or set(main) & set(members) for x in members]
        said = " ".join([*(told.say for told in discourse.told), sentence])
        words = frozenset(sentence.lower().replace("?", " ").split())
        everyone = tuple(dict.fromkeys([*main, *near]))
        return cls(discourse.world.lexicon, lists, mentioned, said, words, main, everyone)

    def members(self, domain: str) -> tuple[Expr, ...]:
        """Return the members of the list that a noun speaks of, as far as they are known by name."""
        name = expression(domain)
        return self.lists.get(name.id, ()) if isinstance(name, Name) else ()

    def others(self, x: Expr) -> tuple[Expr, ...]:
        """Return the few others of the same kind."""
        return tuple(one for one in self.everyone if one != x and self._same_kind(one, x))

    def _same_kind(self, one: Expr, other: Expr) -> bool:
        return any(one in members and other in members for members in self.lists.values())

    def pairs(self) -> Iterator[tuple[Expr, Expr]]:
        """Yield two different individuals, one of whom the question speaks of."""
        for one in self.everyone:
            for other in self.everyone:
                if one != other and (one in self.main or other in self.main):
                    yield one, other

    def rivals(self) -> Iterator[tuple[Expr, Expr]]:
        """Yield two of one kind who may be compared: people only if the question speaks of both."""
        people = {Constant(value=name) for name in self.names}
        for one, other in self.pairs():
            spoken = one in self.main and other in self.main
            if self._same_kind(one, other) and (spoken or not {one, other} & people):
                yield one, other

    def doers(self) -> tuple[Expr, ...]:
        """Return the individuals of the question who may do something: people, in a world that has such."""
        nouns = [noun for noun in self.lexicon.nouns.values() if noun.domain is not None and noun.person]
        people = {x for noun in nouns for x in self.members(str(noun.domain))}
        return tuple(x for x in self.main if x in people) if people else self.main

    def done(self, verb: Verb) -> Iterator[tuple[Expr, Expr]]:
        """Yield who may do something, and to what: one of the noun that the verb takes, if it names one."""
        noun = self.lexicon.nouns.get(verb.object or "")
        taken = self.members(noun.domain) if noun is not None and noun.domain is not None else None
        for x in self.doers():
            for of in self.everyone:
                if x != of and (taken is None or of in taken):
                    yield x, of

    # -- what they are called ------------------------------------------------------------------------------

    def called(self, x: Expr, place: bool = True, general: bool = False) -> str:
        """Return what people call an individual: something of the world's own by its kind too, if it is a `place`.

        In `general` its kind is one that everything of its list belongs to.
        """
        name = str(x.value) if isinstance(x, Constant) else ""
        nouns = self._nouns(x, general)
        if name == SOMEBODY:
            return name
        if name in self.names:
            things = nouns and not any(noun.person for noun in self.lexicon.nouns.values())
            return f"the {name.replace('_', ' ')} {nouns[0]}" if things else spelling(name, self.said)
        phrases = [phrase for phrase, code in self.lexicon.individuals.items() if expression(code) == x]
        full = [phrase for phrase in phrases if phrase.split()[-1] in nouns]
        if full and (place or len(phrases) == len(full)):
            return f"the {full[0]}"
        if phrases:
            return phrases[0]
        for attribute in self.lexicon.attributes.values():
            for word, code in attribute.values.items():
                if attribute.value == "x" and expression(code) == x and nouns:
                    return f"the {word} {nouns[0]}"
        return name.replace("_", " ")

    def _nouns(self, x: Expr, general: bool) -> list[str]:
        """Return the nouns of an individual's kind, those first that the question uses."""
        found: list[str] = []
        for word, noun in self.lexicon.nouns.items():
            if noun.domain is not None and noun.of is None and x in self.members(noun.domain):
                found += [word, *noun.also] if noun.means is None or not general else []
        return sorted(found, key=lambda word: not {word, plural(word)} & self.words)


def _taken(lexicon: Lexicon) -> set[str]:
    """Return the lists of what verbs may take as their object: the places to which one may go."""
    nouns = [lexicon.nouns.get(verb.object or "") for verb in lexicon.verbs.values()]
    domains = [expression(noun.domain) for noun in nouns if noun is not None and noun.domain is not None]
    return {domain.id for domain in domains if isinstance(domain, Name)}


def listed_by_name(discourse: Discourse, names: tuple[str, ...]) -> dict[str, tuple[Expr, ...]]:
    """Return the lists of individuals that are known by name: who was mentioned, and what the model writes out."""
    world = discourse.world
    found: dict[str, tuple[Expr, ...]] = {}
    domains = {noun.domain for noun in world.lexicon.nouns.values() if noun.domain is not None and noun.of is None}
    wanted = {domain.id for domain in (expression(code) for code in domains) if isinstance(domain, Name)}
    for node in world.program.body:
        if isinstance(node, Assign) and isinstance(node.target, NameTarget) and isinstance(node.value, ListExpr):
            items = node.value.items
            if node.target.id in wanted and all(_is_name(item) for item in items):
                found[node.target.id] = items
    for variable in world.name_lists:
        found[variable] = tuple(Constant(value=name) for name in names)
    return found


def _spelt_out(asked: Expr, discourse: Discourse) -> Iterator[Expr]:
    """Yield an expression, and what it calls by the name of a team: its members, as they were told."""
    yield asked
    mentioned = {node.id for node in walk(asked) if isinstance(node, Name)}
    for told in discourse.told:
        for node in program_of(told.readings[0].code).body:
            if isinstance(node, Assign) and isinstance(node.target, NameTarget) and node.target.id in mentioned:
                yield node.value


def _is_name(item: Expr) -> bool:
    return isinstance(item, Constant) and isinstance(item.value, str)


__all__ = ["Scope", "listed_by_name"]
