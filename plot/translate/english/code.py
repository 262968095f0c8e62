"""From logical forms to expressions of the language: quantifiers become lists, matches get their numbers."""

from __future__ import annotations

from plot.errors import PlotError
from plot.language.syntax.nodes import Binary, BoolOp, Compare, Expr, IfExpr, ListExpr, Name, walk
from plot.translate.english.build import (
    TRUE,
    both,
    call,
    compare,
    either,
    items_of,
    listing,
    negated,
    number,
)
from plot.translate.english.forms import (
    Added,
    Amount,
    And,
    Claim,
    Implies,
    InMatch,
    Match,
    Member,
    MoreThan,
    Not,
    Oftener,
    Or,
    Prop,
    Quant,
    Reported,
    Things,
    Times,
    When,
    group_list,
    replaced,
)
from plot.translate.english.matches import INDICES, LETTERS, ListLoop, Matches, share_of
from plot.translate.english.meanings import Unfit
from plot.translate.english.record import members


class Coder(Matches):
    """Turns propositions into expressions of the language."""

    # -- propositions --------------------------------------------------------------------------------------

    def prop(self, form: Prop, licensed: bool | None = None) -> Expr:
        """Return the expression of a proposition; `licensed` says that *any* means *some* here."""
        some = self.asked if licensed is None else licensed
        match form:
            case Claim():
                return self.expr(form.expr)
            case Not():
                denied = isinstance(form.inner, Quant) and form.inner.amount.kind in ("some", "any")
                return negated(self._within(form.inner, denied=denied))
            case And():
                return both([self.prop(part, some) for part in form.parts])
            case Or():
                return either([self.prop(part, some) for part in form.parts])
            case Implies():
                return self._implies(form)
            case Added():
                raise PlotError("what is added is made so, and not asked: “if we add …”")
            case Quant():
                return self._quant(form, some)
            case MoreThan():
                return self._more(form)
            case Match():
                return self._match(form)
            case InMatch():
                return self._in_match(form)
            case Times():
                return self._times(form)
            case Oftener():
                counts = [call("count", ListExpr(items=tuple(self.each_known(p)))) for p in (form.first, form.second)]
                return compare(counts[0], form.op, counts[1])
            case Reported():
                value, figure = self.expr(form.value), self.expr(form.figure)
                return compare(call("abs", Binary(op="-", left=value, right=figure)), "<=", number(form.error))
            case Member():
                return compare(self.expr(form.x), "in", self.expr(group_list(form.group)))

    def _within(self, form: Prop, licensed: bool = True, *, denied: bool) -> Expr:
        """Return the expression of what a denial is about, where it denies something of everybody."""
        before, self._denied = self._denied, self._denied or denied
        found = self.prop(form, licensed)
        self._denied = before
        return found

    def _implies(self, form: Implies) -> Expr:
        test, then = self.prop(form.test, True), self.prop(form.then)
        return compare(test, "==", then) if form.both else either([negated(test), then])

    def function_body(self, variable: str, form: Prop | Things) -> Expr:
        """Return the body of a function of one variable."""
        self._loops.append(ListLoop(variable, LETTERS[0], ""))
        return self.things(form) if isinstance(form, Things) else self.prop(form, True)

    # -- quantifiers ---------------------------------------------------------------------------------------

    def things(self, things: Things, body: Prop | None = None, *, licensed: bool = False) -> Expr:
        """Return the list of those things of which `body` is true."""
        loop, source = self._enter(things)
        tests = [self.prop(things.where, True)] if things.where is not None else []
        tests += [self.prop(body, licensed)] if body is not None else []
        tests += self._others(things.variable, body, Amount("some"))
        self._somebody(both(tests))
        self._loops.pop()
        return listing(Name(id=loop.letter), loop.letter, source, both(tests), loop.index if loop.counted else None)

    def _enter(self, things: Things) -> tuple[ListLoop, Expr]:
        source = self.expr(things.source)
        used = self._taken | {loop.letter for loop in self._loops}
        letter = next(letter for letter in LETTERS if letter not in used)
        index = next((i for i in INDICES if i not in used | {loop.index for loop in self._loops}), None)
        if index is None:
            raise Unfit("too much is said of each other in one sentence: say it in several")
        loop = ListLoop(things.variable, letter, index, source)
        self._loops.append(loop)
        return loop, source

    def _quant(self, form: Quant, licensed: bool) -> Expr:
        amount = form.amount
        if amount.kind == "any":
            amount = Amount("some" if licensed else "all")
        single = amount.kind == "number" and amount.op in ("==", ">=") and amount.number == 1
        if (single or amount.kind in ("some", "no")) and form.things.related:
            one = _one_named(form)
            if one is not None:
                found = self.prop(one, licensed or amount.kind == "no")
                return negated(found) if amount.kind == "no" else found
        loop, source = self._enter(form.things)
        where = [self.prop(form.things.where, True)] if form.things.where is not None else []
        body = self._within(form.body, licensed or amount.kind == "no", denied=amount.kind == "no")
        where += self._others(loop.variable, form.body, amount)
        self._somebody(both(where))
        self._loops.pop()
        index = loop.index if loop.counted else None
        kept = both(where)
        listed = listing(body, loop.letter, source, kept, index)
        if amount.kind in ("all", "not all"):
            return call("all", listed) if amount.kind == "all" else negated(call("all", listed))
        if body == TRUE and amount.kind != "share":
            return self._size(amount, listing(Name(id=loop.letter), loop.letter, source, kept, index))
        if amount.kind in ("some", "no"):
            found = call("any", listed)
            return negated(found) if amount.kind == "no" else found
        counted = call("count", listed)
        if amount.kind == "number":
            return compare(counted, amount.op, number(amount.number))
        size = call("len", listing(Name(id=loop.letter), loop.letter, source, kept))
        return share_of(amount, counted, Binary(op="*", left=number(amount.number), right=size))

    def _size(self, amount: Amount, listed: Expr) -> Expr:
        """Return what an amount says of how long a list is."""
        size = call("len", listed)
        if amount.kind == "number":
            return compare(size, amount.op, number(amount.number))
        return compare(size, "==" if amount.kind == "no" else ">", number(0))

    def _others(self, variable: str, body: Prop | None, amount: Amount) -> list[Expr]:
        """Return tests that leave out whom a thing is compared with, where it matters: no one beats themselves."""
        tests: list[Expr] = []
        for other, many, needed in _partners(variable, body, frozenset()):
            if needed or amount.universal:
                op = "not in" if many else "!="
                test = compare(self.expr(Name(id=variable)), op, self.expr(other))
                listed = items_of(other)
                if many and listed is not None and len(listed) == 1:
                    test = compare(self.expr(Name(id=variable)), "!=", self.expr(listed[0]))
                if test not in tests:
                    tests.append(test)
        return [*tests, *self._taking_part(variable, body)]

    def _taking_part(self, variable: str, body: Prop | None) -> list[Expr]:
        """Return the test that leaves only those who took part in the match of which something is said."""
        tests: list[Expr] = []
        for when in _moments(variable, body):
            for meeting in self.record:
                sides = [members(side) for side in meeting.sides()[0]]
                if meeting.number != self.number_of(*when) or sides[0] is None or sides[1] is None:
                    continue
                took_part = (*sides[0], *sides[1])
                named = items_of(self._loops[-1].source) if self._loops[-1].source is not None else None
                test = compare(self.expr(Name(id=variable)), "in", ListExpr(items=took_part))
                if test not in tests and not (named and all(one in took_part for one in named)):
                    tests.append(test)
        return tests

    def _somebody(self, test: Expr) -> None:
        """Refuse to look for others than those who took part, among those who did: *was anyone else lazy?*."""
        tests = test.values if isinstance(test, BoolOp) and test.op == "and" else (test,)
        found = [(test.ops, items_of(test.comparators[0])) for test in tests if isinstance(test, Compare)]
        left_out = [one for ops, items in found if ops == ("not in",) for one in items or ()]
        if any(items and all(one in left_out for one in items) for ops, items in found if ops == ("in",)):
            raise PlotError("nobody else took part in that match", hint="ask about those who did, or another match")

    def _more(self, form: MoreThan) -> Expr:
        first, second = (call("len", self.things(things)) for things in (form.first, form.second))
        right: Expr = second
        if form.times != 1:
            right = Binary(op="*", left=number(form.times), right=right)
        if form.margin:
            right = Binary(op="+", left=right, right=number(form.margin))
        return compare(first, form.op, right)

    def choice(self, options: tuple[tuple[Expr, Prop], ...]) -> Expr:
        """Return which of the options is the case: the first whose condition is true, or the last."""
        found = self.expr(options[-1][0])
        for value, test in reversed(options[:-1]):
            found = IfExpr(test=self.prop(test), then=self.expr(value), orelse=found)
        return found


def _one_named(form: Quant) -> Prop | None:
    """Return what is said of an individual where some of a sort are spoken of, and one of the tests is who it is."""
    variable = Name(id=form.things.variable)
    parts = [*(_parts(form.things.where) if form.things.where is not None else ()), *_parts(form.body)]
    for place, part in enumerate(parts):
        test = part.expr if isinstance(part, Claim) else None
        if not isinstance(test, Compare) or test.ops != ("==",) or test.left != variable:
            continue
        other = test.comparators[0]
        rest = tuple(parts[:place] + parts[place + 1 :])
        if rest and not any(node == variable for node in walk(other)):
            said: Prop = replaced(And(rest), {variable.id: other})
            return said
    return None


def _parts(prop: Prop) -> list[Prop]:
    return [found for part in prop.parts for found in _parts(part)] if isinstance(prop, And) else [prop]


def _partners(variable: str, form: Prop | None, inside: frozenset[str]) -> list[tuple[Expr, bool, bool]]:
    """Return with whom a variable is compared: the term, whether it is a list, and whether it must differ."""
    wanted = Name(id=variable)
    match form:
        case Reported() if any(term == wanted for term in form.terms):
            return [(term, False, False) for term in form.terms if term != wanted and not _free(term, inside)]
        case Claim() if any(term == wanted for term in form.terms):
            return [(term, False, form.reflexive) for term in form.terms if term != wanted and not _free(term, inside)]
        case Match() if form.object is not None:
            pairs = ((form.subject, form.object), (form.object, form.subject))
            return [(b.expr, b.many, True) for a, b in pairs if a.expr == wanted and not _free(b.expr, inside)]
        case Not() | Times():
            return _partners(variable, form.inner, inside)
        case And() | Or():
            return [found for part in form.parts for found in _partners(variable, part, inside)]
        case Implies():
            return _partners(variable, form.test, inside) + _partners(variable, form.then, inside)
        case Quant():
            deeper = inside | {form.things.variable}
            return _partners(variable, form.body, deeper) + _partners(variable, form.things.where, deeper)
    return []


def _moments(variable: str, form: Prop | None) -> list[tuple[When, str | None]]:
    """Return the matches in which something is said of a variable, each with what it is called."""
    match form:
        case InMatch() if form.x == Name(id=variable) and form.when.every is None:
            return [(form.when, form.noun)]
        case Not():
            return _moments(variable, form.inner)
        case And() | Or():
            return [found for part in form.parts for found in _moments(variable, part)]
    return []


def _free(expr: Expr, inside: frozenset[str]) -> bool:
    return any(isinstance(node, Name) and node.id in inside for node in walk(expr))
