"""Matches in programs: which one is meant, what its number is, and what a verb says of its two sides."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from plot.errors import PlotError
from plot.language import parse
from plot.language.syntax.nodes import Binary, Call, Constant, Expr, ListExpr, Name, Node, walk
from plot.language.syntax.rewriting import rewritten
from plot.translate.base import Discourse
from plot.translate.english.build import (
    FALSE,
    TRUE,
    both,
    call,
    compare,
    either,
    filled,
    items_of,
    negated,
    number,
    uses,
)
from plot.translate.english.combine import manner_code
from plot.translate.english.forms import (
    Amount,
    EventNumber,
    GroupName,
    InMatch,
    Listed,
    Match,
    Prop,
    Side,
    Things,
    Times,
    When,
)
from plot.translate.english.record import Meeting, meetings, members
from plot.world.lexicon import Lexicon, Verb, expression, mentions

LETTERS = ("x", "y", "z", "u", "v", "w", *(f"x{number}" for number in range(2, 20)))
INDICES = ("i", "j", "k", "l", "m", "n")
NEAREST = 0.5  # how far a whole number may be from a share: 40% of six things are two of them
PER_LOOP = 1_000  # matches within a loop are numbered by the thousand, so that no two are the same


@dataclass(slots=True)
class ListLoop:
    """A list that is gone through: the variable of the logical form, its name in the program, its counter, the list."""

    variable: str
    letter: str
    index: str
    source: Expr | None = None
    counted: bool = False


@dataclass(slots=True)
class Matches:
    """The part of the coder that knows the matches; `asked` in questions. It counts those that are introduced.

    `last` is the match of which it spoke last. `sides` meet in a match (a `noun`) that a question supposes.
    What is `_denied` of everybody (*nobody beat Sue*) is denied of the known matches. Those who are `absent` take no
    part, as a question supposes, in the matches that there were.
    """

    discourse: Discourse
    asked: bool = False
    sides: tuple[Side, Side] | None = None
    noun: str | None = None
    record: tuple[Meeting, ...] = ()
    fresh: int = 0
    introduced: int = 0
    groups: dict[str, GroupName] = field(default_factory=dict)
    last: Expr | None = None
    absent: tuple[Expr, ...] = ()
    _denied: bool = False
    _loops: list[ListLoop] = field(default_factory=list)
    _taken: frozenset[str] = frozenset()
    _meeting: int = 0

    def __post_init__(self) -> None:
        self.record = meetings(self.discourse)
        self.fresh = self.discourse.events
        self._taken = self.discourse.world.lexicon.variables

    def prop(self, form: Prop, licensed: bool | None = None) -> Expr:
        """Return the expression of a proposition."""
        raise NotImplementedError

    def things(self, things: Things, body: Prop | None = None, *, licensed: bool = False) -> Expr:
        """Return the list of those things of which `body` is true."""
        raise NotImplementedError

    def expr(self, expr: Expr) -> Expr:
        """Return an expression with the variables of the logical form called as in the program."""
        names = {loop.variable: loop.letter for loop in self._loops}

        def change(node: Node) -> Node | None:
            if isinstance(node, Name) and node.id in names:
                return replace(node, id=names[node.id])
            if isinstance(node, Listed):
                return self.things(node.things)
            if isinstance(node, GroupName):
                self.groups.setdefault(node.variable, node)
                return Name(id=node.variable)
            if isinstance(node, EventNumber):
                return self.event(node.when, asked=self.asked, noun=node.noun)
            return None

        result = rewritten(expr, change)
        assert isinstance(result, Expr)
        return result

    def such_as(self, hint: str) -> str:
        """Return a hint with a sentence of this world that says who met whom and how it ended, if it has one."""
        world = self.discourse.world
        means = [expression(verb.means) for verb in world.lexicon.verbs.values() if verb.means is not None]
        met = {name for one in means if _in_a_match(one) for name in _called(one)}
        for example in world.examples:
            if "query(" not in example.code and not example.given and met & _called(parse(example.code)):
                return f"{hint}: “{example.say}”"
        return hint

    # -- matches -------------------------------------------------------------------------------------------

    def verb(
        self, verb: Verb, subject: Expr, object_: Expr, event: Expr, manner: str | None = None, sort: str | None = None
    ) -> Expr:
        """Return what a verb says of two sides in a match, which is of a sort where the world has several."""
        verb = sense(verb, sort, self.discourse.world.lexicon)
        code = manner_code(verb, manner) if manner is not None else verb.means
        if code is None and manner is not None:
            raise PlotError(f"the lexicon does not say what “{manner}” means for a “{sort}”")
        if code is None:
            raise PlotError("it is not said how the match ended", hint=self.such_as("say who won"))
        return filled(expression(code), {"subject": subject, "object": object_, "event": event})

    def sort_of(self, noun: str | None) -> str | None:
        """Return the sort of events that a noun means; None for one that may be any. Raises PlotError."""
        return event_sort(noun, self.discourse.world.lexicon)

    def known(self, noun: str | None) -> list[Meeting]:
        """Return the matches that were told of, in order; those of its sort, where the noun means only one."""
        sort = self.sort_of(noun)
        found = [meeting for meeting in self.record if sort is None or meeting.sort == sort]
        return [self._without_absent(meeting) for meeting in found] if self.absent else found

    def _without_absent(self, meeting: Meeting) -> Meeting:
        return replace(meeting, first=self._present(meeting.first), second=self._present(meeting.second))

    def _present(self, side: Expr) -> Expr:
        """Return a side without those who are absent. Raises PlotError where nobody is left, or who is in it varies."""
        who = members(side)
        if who is None or not any(one in self.absent for one in who):
            return side
        left = tuple(one for one in who if one not in self.absent)
        if not left or not isinstance(side, ListExpr):
            raise PlotError("without them nobody is left on that side of the match", hint="ask about those who remain")
        return ListExpr(items=left)

    def _side(self, side: Side, verb: Verb) -> Expr:
        expr = self.expr(side.expr)
        found = ListExpr(items=(expr,)) if verb.teams and not side.many else expr
        return self._present(found) if self.absent else found

    def _match(self, form: Match) -> Expr:
        if form.when is not None and form.when.every is not None:
            return self._every(form, form.when.every)
        if form.object is None:
            return self._known_match(form)
        subject, object_ = self._side(form.subject, form.verb), self._side(form.object, form.verb)
        known = self.asked or self._denied
        told = form.embedded or (known and form.tense == "past" and form.when is None)
        if told and not form.again:
            parts = self._recorded(form, subject, object_)
            if parts:
                return either(parts)
        event, sort = self._place(form, subject, object_)
        self.last = event
        return self.verb(form.verb, subject, object_, event, form.manner, sort)

    def _place(self, form: Match, subject: Expr, object_: Expr) -> tuple[Expr, str | None]:
        """Return the number of the match that is meant, and its sort."""
        when, sort = form.when, self.sort_of(form.noun)
        if when is not None and when.the:
            found = self.between(subject, object_, form.noun)
            if found and not self._ended_otherwise(form, subject, object_, found[-1]):
                return number(found[-1].number), found[-1].sort
            if self._loops and sort is not None:  # "nobody beat Ann in the biathlon": all of them were in one
                when = replace(when, number=-1 if self.known(form.noun) else 0, the=False)
            else:
                when = None if self.record or sort is not None else replace(when, the=False)
        if when is not None:
            place = self.number_of(when, form.noun)
            same = next((meeting for meeting in self.record if meeting.number == place), None)
            sort = same.sort if same is not None else sort
        return self.event(when, subject, object_, asked=self.asked or form.embedded, noun=form.noun), sort

    def _ended_otherwise(self, form: Match, subject: Expr, object_: Expr, meeting: Meeting) -> bool:
        """Return whether a statement tells of another end than that of a known match: it is of another one."""
        if self.asked or form.embedded or meeting.result is None or form.verb.means is None or form.manner is not None:
            return False
        return self._says(form, subject, object_, meeting) != meeting.result

    def between(self, subject: Expr, object_: Expr, noun: str | None) -> list[Meeting]:
        """Return the matches in which two sides met."""
        found = []
        for meeting in self.known(noun):
            for one, other in meeting.sides():
                if within(subject, one, False) == TRUE and within(object_, other, False) == TRUE:
                    found.append(meeting)
        return found

    def _recorded(self, form: Match, subject: Expr, object_: Expr) -> list[Expr]:
        """Return, for each known match that these sides met in, what the verb says of it."""
        subject, object_ = self._apart(subject), self._apart(object_)
        named = all(
            items and all(isinstance(one, Constant) for one in items) for items in (members(subject), members(object_))
        )
        for exact in (True, False) if named else (False,):
            found, numbers = list[Expr](), list[int]()
            for meeting in self.known(form.noun):
                for one, other in meeting.sides():
                    tests = [within(subject, one, exact), within(object_, other, exact)]
                    if FALSE not in tests:
                        said: Expr = TRUE  # a verb without a meaning says that they met
                        if form.verb.means is not None or not self.asked:
                            said = self._says(form, one, other, meeting)
                        found.append(both([*tests, said]))
                        numbers.append(meeting.number)
            if found:
                self.last = number(numbers[0]) if len(set(numbers)) == 1 else None
                return found
        return []

    def _apart(self, side: Expr) -> Expr:
        """Return a side as a list where it is an individual that is gone through, and no team that has a name."""
        single = isinstance(side, Name) and any(loop.letter == side.id for loop in self._loops)
        return ListExpr(items=(side,)) if single else side

    def _says(self, form: Match, one: Expr, other: Expr, meeting: Meeting) -> Expr:
        return self.verb(form.verb, one, other, number(meeting.number), form.manner, meeting.sort)

    def _known_match(self, form: Match) -> Expr:
        """Return what a verb without object says of the match that is meant; of a variable, of any that is known."""
        subject = self._side(form.subject, form.verb)
        if form.when is None and form.embedded and any(isinstance(one, Name) for one in members(subject) or ()):
            found = [self._says_of(form, subject, meeting) for meeting in self.known(form.noun)]
            if found:
                return either(found)
        for meeting in self.candidates(form.when, form.noun):
            self.last = number(meeting.number)
            said = self._says_of(form, subject, meeting)
            if said != FALSE:
                return said
        raise PlotError("it is not known which match this speaks of", hint=self.such_as("say against whom"))

    def _says_of(self, form: Match, subject: Expr, meeting: Meeting) -> Expr:
        """Return what a verb without object says of one match; false where the subject took no part in it."""
        parts = []
        subject = self._apart(subject)
        for one, other in meeting.sides():
            test = within(subject, one, False)
            if test != FALSE:
                parts.append(both([test, self._says(form, one, other, meeting)]))
        return either(parts)

    def candidates(self, when: When | None, noun: str | None = None) -> list[Meeting]:
        """Return the matches that may be meant, the likeliest first."""
        if self.sides is not None and when is None:
            first, second = (self.plain_side(side) for side in self.sides)
            self._meeting = self._meeting or self._next()
            return [Meeting(self._meeting, first, second, self.sort_of(noun or self.noun))]
        if when is None:
            return list(reversed(self.known(noun)))
        wanted = self.number_of(when, noun)
        found = [meeting for meeting in self.known(None) if meeting.number == wanted]
        if not found:
            known = f"{len(self.record)} so far" if self.record else "none so far"
            raise PlotError(
                f"no match number {wanted} has been told of ({known})", hint=self.such_as("say first who met whom")
            )
        return found

    def plain_side(self, side: Side) -> Expr:
        teams = any(verb.teams for verb in self.discourse.world.lexicon.verbs.values())
        expr = self.expr(side.expr)
        return ListExpr(items=(expr,)) if teams and not side.many else expr

    def _in_match(self, form: InMatch) -> Expr:
        x = self.expr(form.x)
        if form.when.every is None:
            if form.when.same:
                event = self._same()
            elif form.when.the and form.when.number == -1 and self.record and isinstance(x, Constant):
                event = number(self._matches_of(x, form.noun)[-1].number)
            else:
                place = self.number_of(form.when, form.noun)
                event = number(place)
                self._spoken_of(place)
            return filled(self.expr(form.expr), {"event": event})
        parts = []
        for meeting in self._matches_of(x, form.noun, two=form.when.two):
            took_part = either([within(ListExpr(items=(x,)), side, False) for side, _ in meeting.sides()])
            said = filled(self.expr(form.expr), {"event": number(meeting.number)})
            each = form.when.the and form.when.every.kind == "all"  # of those in which they took part
            parts.append(either([negated(took_part), said]) if each else both([took_part, said]))
        return tallied(form.when.every, parts)

    def _spoken_of(self, place: int) -> None:
        """Note the event that was spoken of last, where none is counted by who met whom: *the third day*."""
        codes = [verb.means for verb in self.discourse.world.lexicon.verbs.values()]
        if any(code is None or (mentions(code, "event") and mentions(code, "object")) for code in codes):
            return
        self.fresh = max(self.fresh, place)
        if not self.asked:
            self.introduced = self.fresh - self.discourse.events

    def _same(self) -> Expr:
        """Return the number of the match of which the sentence has spoken."""
        if self.last is None:
            raise PlotError("it is not known which match this speaks of", hint="say “in the first match”, for example")
        return self.last

    def _matches_of(self, x: Expr, noun: str | None, *, two: bool = False) -> list[Meeting]:
        """Return the known matches in which someone took part; `two`: there are so many. Raises PlotError."""
        wanted = ListExpr(items=(x,))
        found = [m for m in self.known(noun) if any(within(wanted, one, False) != FALSE for one, _ in m.sides())]
        if not found:
            raise PlotError("no such match has been told of", hint=self.such_as("say first who met whom"))
        if two and len(found) != 2:
            raise PlotError(f"“both” is said of two, and {len(found)} such were told of", hint="say which is meant")
        return found

    def _every(self, form: Match, amount: Amount) -> Expr:
        if form.object is not None:
            sides = self._side(form.subject, form.verb), self._side(form.object, form.verb)
            known = self._recorded(form, *sides)
            if not known:
                raise PlotError("no such match has been told of", hint=self.such_as("say first who met whom"))
            return tallied(amount, known)
        subject = (
            form.subject.expr if not form.subject.many else (items_of(form.subject.expr) or (form.subject.expr,))[0]
        )
        matches = self._matches_of(self.expr(subject), form.noun, two=form.when is not None and form.when.two)
        parts = [self._known_match(replace(form, when=at(m))) for m in matches]
        self.last = self.last if len(matches) == 1 else None
        return tallied(amount, parts)

    def _times(self, form: Times) -> Expr:
        """In a statement, so many matches took place; in a question, so many of the known ones are meant."""
        amount, inner = form.amount, form.inner
        if self.asked or not isinstance(inner, Match) or inner.object is None:
            known = self.each_known(inner)
            if not self.asked and not can_be(amount, len(known)):
                raise PlotError(
                    f"only {len(known)} such {'match was' if len(known) == 1 else 'matches were'} told of",
                    hint=self.such_as("say first who met whom"),
                )
            return tallied(amount, known)
        if amount.op not in ("==", ">=", ">") or amount.number != int(amount.number):
            raise PlotError("say how many matches took place, not how many at most", hint="say how many there were")
        if amount.exactly and self.between(
            self._side(inner.subject, inner.verb), self._side(inner.object, inner.verb), None
        ):
            raise PlotError("a match between these was told of before", hint="say how many more there were")
        return both([self.prop(inner) for _ in range(int(amount.number) + (amount.op == ">"))])

    def each_known(self, form: Prop) -> list[Expr]:
        """Return what a proposition about one match says of each known match of its subject."""
        if isinstance(form, InMatch):
            return [self.prop(replace(form, when=at(m))) for m in self._matches_of(self.expr(form.x), form.noun)]
        if isinstance(form, Match) and form.object is not None:
            sides = self._side(form.subject, form.verb), self._side(form.object, form.verb)
            return self._recorded(form, *sides)
        if isinstance(form, Match) and form.verb.means is None:
            subject = self._side(form.subject, form.verb)
            sides_of = [[side for side, _ in m.sides()] for m in self.known(form.noun)]
            return [either([within(subject, side, False) for side in sides]) for sides in sides_of]
        if isinstance(form, Match):
            inner = items_of(self._side(form.subject, form.verb)) or (self.expr(form.subject.expr),)
            return [self.prop(replace(form, when=at(m))) for m in self._matches_of(inner[0], form.noun)]
        raise PlotError("this can't be counted in matches", hint="ask how many matches somebody won")

    def number_of(self, when: When, noun: str | None = None) -> int:
        """Return the number of the match that is meant, counted from the first or from the last (of its sort)."""
        latest = max(self.fresh, self.discourse.events)
        if when.match is not None:
            return self._described(when.match)
        if when.at is not None:
            return when.at
        if self.sort_of(noun) is not None:
            return self._number_among(when, [meeting.number for meeting in self.known(noun)], latest, str(noun))
        if when.number > 0:
            return when.number
        return latest + 1 if when.number == 0 else max(1, latest + 1 + when.number)

    def _number_among(self, when: When, numbers: list[int], latest: int, noun: str) -> int:
        """Return the number, among all matches, of one that is counted among those of its sort."""
        place = when.number - 1 if when.number > 0 else len(numbers) + when.number
        if 0 <= place < len(numbers) and when.number != 0:
            return numbers[place]
        if when.number >= 0 and (not self.asked or when.number == 0):
            return latest + 1 + max(place - len(numbers), 0)
        raise PlotError(f"no such {noun} has been told of", hint=self.such_as("say first who met whom"))

    def _described(self, match: Match) -> int:
        """Return the number of the last known match between two sides that ended as is said."""
        assert match.object is not None
        subject, object_ = self._side(match.subject, match.verb), self._side(match.object, match.verb)
        for meeting in reversed(self.known(match.noun)):
            for one, other in meeting.sides():
                met = within(subject, one, False) == TRUE and within(object_, other, False) == TRUE
                same = met and (match.verb.means is None or self._says(match, one, other, meeting) == meeting.result)
                if same:
                    return meeting.number
        raise PlotError("no such match has been told of", hint=self.such_as("say first who met whom"))

    def _next(self) -> int:
        self.fresh += 1
        return self.fresh

    def event(self, when: When | None, *sides: Expr, asked: bool, noun: str | None = None) -> Expr:
        """Return the number of a match: a new one, unless it is said which; within a loop, one for each round."""
        if when is not None:
            wanted = self.number_of(when, noun)
            self._spoken_of(wanted)
            if not asked:
                self.fresh = max(self.fresh, wanted)
                self.introduced = self.fresh - self.discourse.events
            return number(wanted)
        base = self._next()
        if not asked:
            self.introduced = self.fresh - self.discourse.events
        loops = [loop for loop in self._loops if any(uses(side, loop.letter) for side in sides)]
        found: Expr = number(base * PER_LOOP ** len(loops))
        for depth, loop in enumerate(reversed(loops)):
            loop.counted = True
            step: Expr = Name(id=loop.index)
            if depth:
                step = Binary(op="*", left=number(PER_LOOP**depth), right=step)
            found = Binary(op="+", left=found, right=step)
        return found


def at(meeting: Meeting) -> When:
    """Return which match is meant: a known one."""
    return When(at=meeting.number)


def event_sort(noun: str | None, lexicon: Lexicon) -> str | None:
    """Return the sort of events that a noun means; None for one that may be any.

    Raises PlotError in a world with several kinds of events of which no verb says to which it belongs.
    """
    sorts = {verb.event for verb in lexicon.verbs.values()} - {None}
    if noun is None or noun in sorts:
        return noun
    if noun not in lexicon.nouns or not lexicon.nouns[noun].event:
        raise PlotError(f"this world has no events that are called “{noun}”")
    if not sorts and sum(entry.event for entry in lexicon.nouns.values()) > 1:
        raise PlotError(f"the lexicon does not say which verbs speak of a “{noun}” ('event')")
    return None


def sense(verb: Verb, sort: str | None, lexicon: Lexicon) -> Verb:
    """Return the verb that is meant at events of a sort. Raises PlotError where the lexicon has none."""
    if sort is None or verb.means is None or verb.event == sort:
        return verb
    for key in verb.senses:
        if key in lexicon.verbs and lexicon.verbs[key].event == sort:
            return lexicon.verbs[key]
    word = next((key for key, entry in lexicon.verbs.items() if entry is verb), "this verb")
    raise PlotError(f"the lexicon does not say what “{word}” means for a “{sort}” ('senses')")


def can_be(amount: Amount, most: int) -> bool:
    """Return whether so many as an amount speaks of can be among `most`."""
    return amount.number < most if amount.op == ">" else amount.number <= most


def tallied(amount: Amount, parts: list[Expr]) -> Expr:
    """Return whether so many of the parts are true."""
    if amount.kind in ("all", "not all"):
        return negated(both(parts)) if amount.kind == "not all" else both(parts)
    if amount.kind in ("some", "any", "no"):
        return either(parts) if amount.kind != "no" else negated(either(parts))
    counted = call("count", ListExpr(items=tuple(parts)))
    if amount.kind == "number":
        return compare(counted, amount.op, number(amount.number))
    return share_of(amount, counted, number(amount.number * len(parts)))


def share_of(amount: Amount, counted: Expr, wanted: Expr) -> Expr:
    """Return whether a count is as large as a share of all; one that is not bounded, to the nearest whole number."""
    if amount.op != "==" or amount.exactly:
        return compare(counted, amount.op, wanted)
    return compare(call("abs", Binary(op="-", left=counted, right=wanted)), "<=", number(NEAREST))


def within(side: Expr, team: Expr, exact: bool) -> Expr:
    """Return whether a side is this team (or, not `exact`, in it): true, false, or a test of variables."""
    if side == team:
        return TRUE
    ours, theirs = members(side), members(team)
    if ours is None:
        return FALSE
    if theirs is None:
        return FALSE if exact else both([compare(one, "in", team) for one in ours])
    if exact and len(ours) != len(theirs):
        return FALSE
    if all(isinstance(one, Constant) for one in ours):
        return TRUE if all(one in theirs for one in ours) else FALSE
    tests = [compare(one, "==", theirs[0]) if len(theirs) == 1 else compare(one, "in", team) for one in ours]
    return both(tests)


def _called(node: Node) -> frozenset[str]:
    """Return the names of the functions that are called in a node."""
    calls = (inner.function for inner in walk(node) if isinstance(inner, Call))
    return frozenset(function.id for function in calls if isinstance(function, Name))


def _in_a_match(expr: Expr) -> bool:
    return any(isinstance(node, Name) and node.id == "event" for node in walk(expr))
