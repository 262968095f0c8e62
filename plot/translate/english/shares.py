"""How shares of people get their meanings: *30% of smokers get bronchitis* is a chance where someone smokes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plot.language.syntax.nodes import Constant, Lambda, Name, RecordExpr, walk
from plot.translate.english.build import filled, template
from plot.translate.english.chances import Chances, known_event
from plot.translate.english.closed import CLOSED
from plot.translate.english.entries import NameUse
from plot.translate.english.forms import And, Claim, DefineChance, Not, Polar, Prop, Question, Supposing
from plot.translate.english.meanings import Unfit, constant_name
from plot.translate.english.record import program_of
from plot.world.inflect import plural

OTHERS = tuple(word for word, tags in CLOSED.items() if any(tag == "OTHERCROWD" for tag, _ in tags))


class Shares(Chances):
    """The functions of the grammar's rules for shares of people, by their aliases.

    A world that keeps rules of chance has events only; *smokers* are those for whom the event *smoker* is true.
    """

    # -- who is spoken of ----------------------------------------------------------------------------------

    def crowd(self, use: NameUse) -> Prop:
        return self._is(use, many=True)

    def crowd_with(self, use: NameUse) -> Prop:
        return self._is(use)

    def crowd_without(self, use: NameUse) -> Prop:
        return Not(self._is(use))

    def everybody(self) -> None:
        return None

    def member(self, use: NameUse) -> Prop:
        return self._is(use)

    def kind_with(self, kind: NameUse, use: NameUse) -> Prop:
        return And((self._is(kind, many=True), self._is(use)))

    def kind_without(self, kind: NameUse, use: NameUse) -> Prop:
        return And((self._is(kind, many=True), Not(self._is(use))))

    def kind_who(self, kind: NameUse, test: Prop) -> Prop:
        return And((self._is(kind, many=True), test))

    def has(self, *given: Any) -> Prop:
        return self._is(given[-1], many=True)

    def has_not(self, *given: Any) -> Prop:
        return Not(self.has(*given))

    def _is(self, use: NameUse, *, many: bool = False) -> Prop:
        """Return that the event of this name is true; where *smokers* is not known, it is *smoker*."""
        rules = self.context.lexicon.rules
        name = constant_name(use.expr)
        if rules is None:
            raise Unfit("in this world probabilities follow from the model: ask for them, and say what is the case")
        if name is None or use.thing:
            raise Unfit("")
        known, denied = known_event(name, self.context.discourse.names)
        if known in self.context.discourse.names:
            self.context.introduced.append(known)
            said = Claim(template(rules.test, x=Constant(value=known)))
            return Not(said) if denied else said
        if name.startswith("non_"):
            return Not(self._is(NameUse(Constant(value=name.removeprefix("non_")), use.said), many=many))
        single = name.removesuffix("s")
        if many and name not in self.context.discourse.names and plural(single) == name and _one_of_many(single):
            name = single
        self.context.introduced.append(name)
        return Claim(template(rules.test, x=Constant(value=name)))

    # -- statements ----------------------------------------------------------------------------------------

    def share_of_crowd(self, share: float, *given: Any) -> DefineChance:
        crowd = given[0] if len(given) > 1 else None
        return DefineChance(given[-1], crowd, share)

    def share_of_crowd_first(self, *given: Any) -> DefineChance:
        """*Of smokers, 30% get bronchitis*."""
        share = next(item for item in given if isinstance(item, float))
        return self.share_of_crowd(share, *(item for item in given if isinstance(item, (Claim, Not, And))))

    def share_of_others(self, *given: Any) -> DefineChance:
        """*Of the others, 1 in 20 do*: of those of whom the statement before did not speak."""
        share = next(item for item in given if isinstance(item, float))
        said = given[-1] if not isinstance(given[-1], (float, str)) else None
        event, others = self._before()
        return DefineChance(said if said is not None else event, others, share)

    def _before(self) -> tuple[Prop, Prop]:
        """Return the event of the last rule that has a condition, and what the others are: those whom it leaves out."""
        rules = self.context.lexicon.rules
        for told in reversed(self.context.discourse.told):
            for node in walk(program_of(told.readings[0].code)):
                fields = dict(node.fields) if isinstance(node, RecordExpr) else {}
                when = fields.get("when")
                if rules is not None and isinstance(when, Lambda) and fields.get("general") == Constant(value=False):
                    held = filled(when.body, {when.parameters[0]: Name(id="event")})
                    same = any(word in told.say.casefold() for word in OTHERS)
                    return Claim(template(rules.test, x=fields["event"])), Claim(held) if same else Not(Claim(held))
        raise Unfit("it is not clear who the others are: say first what holds of some")

    # -- questions -----------------------------------------------------------------------------------------

    def q_of_person(self, *given: Any) -> Question:
        props = [item for item in given if isinstance(item, (Claim, Not, And))]
        return self._asked_of(props)

    def q_of_person_to(self, *given: Any) -> Question:
        """*How likely is a smoker to get bronchitis?*"""
        props = [item for item in given if isinstance(item, (Claim, Not, And))]
        return self._asked_of([*props, self.has(given[-1])])

    def _asked_of(self, props: Sequence[Prop]) -> Question:
        if len(props) == 1:
            return Polar(props[0])
        test = props[0] if len(props) == 2 else And(tuple(props[:-1]))
        return Supposing(test, Polar(props[-1]))


def _one_of_many(word: str) -> bool:
    """Tell whether a word looks like one of several people: *smoker*, not *bronchiti*."""
    return len(word) > 2 and word[-1] not in "aiousy"


__all__ = ["Shares"]
