"""From the statements of a reading to its canonical English, or to a literal rendering of its code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from plot.errors import PlotError
from plot.language import parse, show
from plot.language.syntax.nodes import (
    Assign,
    Binary,
    BoolOp,
    Call,
    Compare,
    Comprehension,
    Condition,
    Constant,
    Do,
    Expr,
    FunctionDef,
    IfExpr,
    Lambda,
    ListExpr,
    Name,
    NameTarget,
    Node,
    Observe,
    ProgramNode,
    Query,
    RecordExpr,
    Return,
    Statement,
    Unary,
    walk,
)
from plot.language.syntax.rewriting import rewritten
from plot.text import SOMEBODY
from plot.translate.base import CausalQuestion, Discourse, Paraphrase, Reading
from plot.translate.english.actions import ROLES
from plot.translate.english.build import (
    FALSE,
    TRUE,
    UNNAMED,
    both,
    call,
    compare,
    filled,
    listing,
    negated,
    number,
    template,
    unified,
)
from plot.translate.english.paraphrase.causes import asked_of_causes, whether
from plot.translate.english.paraphrase.clauses import clause
from plot.translate.english.paraphrase.literal import rendered
from plot.translate.english.paraphrase.nouns import (
    Listing,
    group_words,
    kind_of_list,
    loop_of,
    restricted,
    term,
    without,
)
from plot.translate.english.paraphrase.patterns import applied, call_of, conjuncts, matched
from plot.translate.english.paraphrase.phrases import (
    NotCanonicalError,
    Simple,
    article,
    condition,
    denied,
    found,
    listed,
    made,
    sentence,
    statement,
    text_of,
    words_after,
)
from plot.translate.english.paraphrase.predicates import more, number_of, owned, reported
from plot.translate.english.paraphrase.questions import asked, meeting_of
from plot.translate.english.paraphrase.scene import Scene, is_named, scene_of, without_marks
from plot.translate.english.vocabulary import person_noun
from plot.world.inflect import plural
from plot.world.lexicon import expression


def paraphrase(reading: Reading, discourse: Discourse, said: str = "") -> Paraphrase:
    """Return a reading in words, as it was understood where `discourse` had been said before.

    What the grammar can have made is said in canonical English, with names for pronouns: reading that gives the same
    meaning. Anything else is rendered literally. `said` is the utterance, for how its names are written.
    """
    try:
        program = parse(reading.code)
    except PlotError:
        return Paraphrase(reading.code.strip(), literal=True)
    question = reading.act == "question"
    scene = scene_of(discourse, said, clause, events=reading.events, asked=question)
    for one in (scene, replace(scene, explicit=True)):
        try:
            text = one.unmarked(_canonical(one, program, reading.causal))
        except NotCanonicalError:
            break
        if text is not None:
            return Paraphrase(text)
    return Paraphrase(rendered(replace(scene, explicit=True), program), literal=True)


def alternatives_named(code: str, discourse: Discourse) -> str:
    """Return code in which alternatives that a question asks about are called by what they say."""
    program = parse(code)
    if not any(node == UNNAMED for node in walk(program)):
        return code
    scene = scene_of(discourse, "", clause, events=0, asked=True)
    scene, body = _opened(scene, list(program.body))
    presumed = [found for one in body if isinstance(one, Condition) for found in _presumed(one, body)]
    scene = replace(scene, presumed=tuple(presumed))

    def named(node: object) -> IfExpr | None:
        if not isinstance(node, IfExpr):
            return None
        try:
            text = without_marks(statement(clause(scene, node.test))) if node.then == UNNAMED else ""
        except NotCanonicalError:
            text = show(node.test)
        then = Constant(value=text) if text else node.then
        return replace(node, then=then, orelse=rewritten(node.orelse, named))

    return show(cast(ProgramNode, rewritten(program, named)))


def phrase_of(code: str, discourse: Discourse, said: str, events: int = 0) -> str:
    """Return what an expression says, as a clause: *Ann is recovered*; or the value that it is, or else its code.

    Args:
        code: The expression.
        discourse: What was said before.
        said: The utterance, for how its names are written.
        events: How many events it introduces.
    """
    scene = scene_of(discourse, said, clause, events=events, asked=True)
    try:
        return scene.unmarked(whether(scene, expression(code)).removeprefix("whether ")) or code
    except NotCanonicalError:
        return code


def _canonical(scene: Scene, program: ProgramNode, causal: CausalQuestion | None = None) -> str:
    body = list(program.body)
    if causal is not None:
        done = [part for part in body if isinstance(part, Do)]
        deeds = _deeds(scene, done) if causal.kind == "consequences" else []
        text = asked_of_causes(scene, causal, deeds)
        if text is not None:
            return text
    absent = causal.about if causal is not None and causal.kind == "absent" else ()
    scene, body = _opened(scene, body)
    presumed = [found for one in body if isinstance(one, Condition) for found in _presumed(one, body)]
    scene = replace(scene, presumed=tuple(presumed))
    body = [part for statement_ in body for part in _without(statement_, presumed)]
    if any(isinstance(part, Query) for part in body):
        return _question(scene, body, tuple(expression(code) for code in absent))
    return " ".join(sentence(_told(scene, part)) for part in body)


def _opened(scene: Scene, body: list[Statement]) -> tuple[Scene, list[Statement]]:
    """Return the scene with the teams of whose members nothing is known, and the statements without these."""
    left = list(body)
    while left and isinstance(left[0], Assign) and isinstance(left[0].target, NameTarget):
        name, loop = left[0].target.id, loop_of(left[0].value)
        if loop is None or not loop.tests or not is_named(scene.lexicon, name) or not _anyone(loop.tests[-1], name):
            break
        some = Condition(test=compare(call("len", Name(id=name)), ">", number(0)))
        left = [part for part in left[1:] if part != some]
        scene = replace(scene, groups=scene.groups | {name})
    return scene, left


def _anyone(test: Expr, name: str) -> bool:
    """Return whether anyone may be in a team, but surely the one after whom it is called."""
    if isinstance(test, BoolOp) and test.op == "or" and len(test.values) == 2:
        owner = without_denial(test.values[0])
        return isinstance(owner, Constant) and name.startswith(f"{owner.value}_") and _anyone(test.values[1], name)
    return call_of(test, "flip") is not None


def without_denial(test: Expr) -> Expr | None:
    """Return whom `x == "tom"` names."""
    return test.comparators[0] if isinstance(test, Compare) and test.ops == ("==",) else None


# -- what is taken for granted -----------------------------------------------------------------------------------


def _presumed(condition: Condition, body: Sequence[Statement]) -> list[Expr]:
    """Return the lists that are said not to be empty, and of which another statement speaks as the only such thing."""
    found: list[Expr] = []
    for test in conjuncts(condition.test):
        size = call_of(getattr(test, "left", test), "len")
        if size is None or test != _some_of(size[0]):
            continue
        others = [node for one in body for node in walk(one) if node is not test]
        if loop_of(size[0]) is not None and (call("first", size[0]) in others or _spoken_of(size[0], others)):
            found.append(size[0])
    return found


def _some_of(listed_things: Expr) -> Expr:
    return compare(call("len", listed_things), ">", number(0))


def _spoken_of(listed_things: Expr, nodes: Sequence[object]) -> bool:
    """Return whether something is said of some of a list: `any([… for x in objects if …])`."""
    wanted = loop_of(listed_things)
    for node in nodes:
        loop = loop_of(node) if isinstance(node, Comprehension) else None
        if loop is None or wanted is None or loop.element == Name(id=loop.variable):
            continue
        if loop.source == wanted.source and _same_tests(loop, wanted):
            return True
    return False


def _same_tests(one: Listing, other: Listing) -> bool:
    names = {other.variable: Name(id=one.variable)}
    return set(one.tests) == {filled(test, names) for test in other.tests}


def _without(part: Statement, presumed: Sequence[Expr]) -> list[Statement]:
    """Return a statement without what is taken for granted; nothing where that is all."""
    if not isinstance(part, Condition):
        return [part]
    left = [test for test in conjuncts(part.test) if not any(test == _some_of(one) for one in presumed)]
    return [Condition(test=both(left))] if left else []


# -- statements --------------------------------------------------------------------------------------------------


def _told(scene: Scene, part: Statement) -> str:
    match part:
        case Condition():
            return statement(clause(scene, part.test))
        case Observe():
            return _measured(scene, part)
        case Assign(target=NameTarget()):
            return _assigned(scene, part)
        case FunctionDef():
            return _noun(scene, part)
    raise NotCanonicalError


def _measured(scene: Scene, part: Observe) -> str:
    """A figure that was stated, with the precision that the lexicon gives it: *Mary's strength is 60*."""
    found = call_of(part.distribution, "normal", 2)
    error = None if found is None else number_of(found[1])
    if found is None or error is None:
        raise NotCanonicalError
    said = next(reported(scene, found[0], part.value, error), None)
    if said is None:
        raise NotCanonicalError
    return statement(said)


def _assigned(scene: Scene, part: Assign) -> str:
    name = part.target.id  # type: ignore[union-attr]
    rules = scene.lexicon.rules
    if rules is not None and name == rules.list:
        return _rule(scene, part.value)
    if name.startswith("match_") and isinstance(part.value, ListExpr) and len(part.value.items) == 2:
        return _met(scene, part.value)
    return _team(scene, name, part.value)


def _met(scene: Scene, sides: ListExpr) -> str:
    meeting = meeting_of(scene)
    if meeting is None:
        raise NotCanonicalError
    one, other = (text_of(term(scene, side)) for side in sides.items)
    return f"{one} {meeting} {other}"


def _team(scene: Scene, name: str, value: Expr) -> str:
    """Who is in a team, whose name is that of the variable."""
    if not is_named(scene.lexicon, name):
        raise NotCanonicalError
    group = group_words(scene, name)
    if isinstance(value, ListExpr) and value.items:
        return f"{group} is {listed([text_of(term(scene, item)) for item in value.items])}"
    left = loop_of(value)
    if left is not None and left.source == Name(id=name) and len(left.tests) == 1:
        out = without(left.variable, left.tests[0])
        if out is not None:
            return f"{text_of(term(scene, out))} is not on {group}"
    more = call_of(value, "distinct")
    joined = call_of(more[0], "concat", 2) if more is not None else None
    if joined is not None and joined[0] == Name(id=name) and isinstance(joined[1], ListExpr):
        who = [text_of(term(scene, item)) for item in joined[1].items]
        return f"{listed(who)} {'is' if len(who) == 1 else 'are'} on {group}"
    raise NotCanonicalError


def _rule(scene: Scene, value: Expr) -> str:
    """A probability: *the probability that B is true is 70% if A is true*."""
    added = value.right if isinstance(value, Binary) and value.op == "+" else None
    record = added.items[0] if isinstance(added, ListExpr) and len(added.items) == 1 else None
    if not isinstance(record, RecordExpr) or scene.lexicon.rules is None:
        raise NotCanonicalError
    fields = dict(record.fields)
    chance, when = number_of(fields["chance"]), fields["when"]
    if chance is None or not isinstance(when, Lambda):
        raise NotCanonicalError
    what = statement(clause(scene, template(scene.lexicon.rules.test, x=fields["event"])))
    said = f"the probability that {what} is {chance * 100:.12g}%"
    return said if when.body == TRUE else f"if {statement(clause(scene, when.body))}, {said}"


def _noun(scene: Scene, part: FunctionDef) -> str:
    """What a noun means: *a champion is a player who is stronger than 80*."""
    if len(part.parameters) != 1 or len(part.body) != 1 or not isinstance(part.body[0], Return):
        raise NotCanonicalError
    value, name = part.body[0].value, part.parameters[0].name
    if value is None:
        raise NotCanonicalError
    if part.name.endswith("_of"):
        return _relation(scene, scene.word(part.name), name, value)
    person = person_noun(scene.lexicon)
    if person is None or person.domain is None:
        raise NotCanonicalError
    loop = Listing(Name(id=name), name, expression(person.domain), conjuncts(value))
    kind = restricted(scene, loop, loop.tests)
    word = scene.word(part.name)
    return f"{article(word)} is {text_of(kind.phrase('a', 'some'))}"


def _relation(scene: Scene, word: str, variable: str, value: Expr) -> str:
    """What a noun of relation means: *a grandfather is the father of one's parent*."""
    scene = replace(scene, oneself=variable)
    kind = kind_of_list(scene, value)
    if len(kind.clauses) == 1 and not kind.adjectives and isinstance(kind.clauses[0], Simple):
        found = kind.clauses[0]
        if found.subject.hole == kind.variable and found.verb.is_be and not found.negated:
            return f"{article(word)} is {words_after(found)}"
    return f"{article(word)} is {text_of(kind.phrase('a', 'some'))}"


# -- questions ---------------------------------------------------------------------------------------------------


def _question(scene: Scene, body: Sequence[Statement], absent: Sequence[Expr] = ()) -> str:
    *before, last = body
    if not isinstance(last, Query):
        raise NotCanonicalError
    tests = [part.test for part in before if isinstance(part, Condition)]
    done = [part for part in before if isinstance(part, Do)]
    if len(tests) + len(done) != len(before):
        raise NotCanonicalError
    parts = [part for test in dict.fromkeys(tests) for part in (conjuncts(test) if _acts(scene, test) else (test,))]
    supposed = [(found if _acts(scene, part) else condition)(clause(scene, part)) for part in parts]
    supposed += _deeds(scene, done)
    if absent:
        supposed.append(f"{listed([text_of(term(scene, one)) for one in absent])} had not taken part")
    said = asked(scene, _as_it_was(last.value) if done else last.value)
    return sentence(f"if {' and '.join(supposed)}, {said}" if supposed else said, "?")


def _as_it_was(expr: Expr) -> Expr:
    """Return a question without the marks of who is meant by what they were before the interventions."""

    def plain(node: Node) -> Node | None:
        inner = call_of(node, "actual") if isinstance(node, Call) else None
        return inner[0] if inner is not None and loop_of(inner[0]) is not None else None

    def flat(node: Node) -> Node | None:
        loop = loop_of(node) if isinstance(node, Comprehension) else None
        inner = loop_of(loop.source) if loop is not None else None
        if loop is None or inner is None or inner.element != Name(id=inner.variable):
            return None
        tests = [filled(test, {inner.variable: Name(id=loop.variable)}) for test in inner.tests]
        return listing(loop.element, loop.variable, inner.source, both([*tests, *loop.tests]))

    result = rewritten(rewritten(expr, plain), flat)
    assert isinstance(result, Expr)
    return result


def _acts(scene: Scene, test: Expr) -> bool:
    """Return whether what is supposed, or a part of it, is an action of the lexicon."""
    lexicon = scene.lexicon
    codes = [(entry.means, "subject") for entry in lexicon.verbs.values() if entry.action]
    codes += [(entry.means, "x") for entry in lexicon.adjectives.values() if entry.action]
    plain = [part.operand if isinstance(part, Unary) and part.op == "not" else part for part in conjuncts(test)]
    return any(code is not None and matched(code, part, role) for code, role in codes for part in plain)


def _made(scene: Scene, part: Do) -> str:
    """What is intervened on: *Ann is made to take the medicine*, *the mass of the red ball is made to be 4*."""
    said = applied(part.value, part.target) if part.restricted else compare(part.target, "==", part.value)
    if part.value in (TRUE, FALSE):
        said = part.target if part.value == TRUE else negated(part.target)
    said, denied_ = _meant(scene, said)
    if isinstance(said, Compare) and said.comparators == (said.left,):
        return _shifted(scene, said)
    if isinstance(said, Compare) and said.ops == ("==",) and not denied_:
        return _set_to(scene, said)
    plain = said.operand if isinstance(said, Unary) and said.op == "not" else said
    return made(denied(clause(scene, plain)) if denied_ != (plain is not said) else clause(scene, plain))


def _meant(scene: Scene, said: Expr) -> tuple[Expr, bool]:
    """Return what the lexicon says that it is done for, where something else is set; and whether that is denied."""
    for setting in scene.lexicon.settings():
        meaning, made_ = expression(setting.meaning), [expression(code) for code in setting.made]
        for test, denied_ in ((made_[0], False), (made_[1] if len(made_) > 1 else negated(made_[0]), True)):
            roles: dict[str, Expr] = {}
            if unified(test, said, ROLES, roles):
                return filled(meaning, roles), denied_
        roles = {}
        if isinstance(said, Compare) and len(said.ops) == 1 and unified(made_[0], said.left, ROLES, roles):
            bound = said.comparators[0]
            same = filled(meaning, roles)
            return compare(same, said.ops[0], same if bound == said.left else bound), False
    return said, False


def _set_to(scene: Scene, said: Compare) -> str:
    """What is given a value: *the mass of the red ball is made to be 4*, *the objects are made to be blocks*."""
    value = said.comparators[0]
    figure = number_of(value)
    for word, attribute in scene.entries.attributes():
        roles = matched(attribute.value, said.left, "x")
        if roles and "x" in roles and expression(attribute.value) != Name(id="x"):
            owner = owned(term(scene, roles["x"]), word)
            if figure is not None:
                return f"{owner} is made to be {figure:.12g}"
            if matched(attribute.value, value, "x") == {"x": Constant(value=SOMEBODY)}:
                return f"{owner} is made to be that of just anybody"
    for word, noun in scene.lexicon.nouns.items():
        if noun.means is not None and expression(noun.means) == said and noun.domain is not None:
            of = restricted(scene, Listing(Name(id="x"), "x", expression(noun.domain), ()), ())
            return f"the {of.words(True)} are made to be {noun.plural or plural(word)}"
    left = _taken_away(said)
    if left is not None:
        kind = restricted(scene, left[0], left[0].tests)
        return f"all {kind.words(True)} are removed" if left[1] else f"the {kind.words(False)} is removed"
    return made(clause(scene, said))


def _taken_away(said: Compare) -> tuple[Listing, bool] | None:
    """Return the things that a list is set to be without, and whether it is all of them."""
    loop = loop_of(said.comparators[0])
    if loop is None or len(loop.tests) != 1 or loop.element != Name(id=loop.variable):
        return None
    (test,) = loop.tests
    one = call_of(test.comparators[0], "first") if isinstance(test, Compare) and test.ops == ("!=",) else None
    out = loop_of(one[0]) if one is not None else None
    return (out, False) if out is not None else (replace(loop, tests=(negated(test),)), True)


def _deeds(scene: Scene, done: Sequence[Do]) -> list[str]:
    """What is intervened on, in order; what is made so of a new thing is said where it is added."""
    said: list[str] = []
    left = list(done)
    while left:
        part, left = left[0], left[1:]
        new = _new_thing(part)
        if new is None:
            said.append(_made(scene, part))
            continue
        own = [one for one in left if new in walk(one.target)]
        left = [one for one in left if one not in own]
        tests = tuple(_of_any(compare(one.target, "==", one.value), new) for one in own)
        kind = restricted(scene, Listing(Name(id="x"), "x", part.target, tests), tests)
        said.append(f"{text_of(kind.phrase('a', 'some'))} is added")
    return said


def _of_any(test: Expr, new: Expr) -> Expr:
    result = rewritten(test, lambda node: Name(id="x") if node == new else None)
    assert isinstance(result, Expr)
    return result


def _new_thing(part: Do) -> Expr | None:
    """Return the thing that is added to a list."""
    value = part.value
    if part.restricted or not isinstance(value, Binary) or value.op != "+" or value.left != part.target:
        return None
    return value.right.items[0] if isinstance(value.right, ListExpr) and len(value.right.items) == 1 else None


def _shifted(scene: Scene, said: Compare) -> str:
    """What would have been more or less so than it is: *the red ball had been heavier*."""
    for word, adjective in scene.entries.gradable():
        roles = matched(str(adjective.degree), said.left, "x")
        if roles and "x" in roles and (said.ops == ("<",)) == (adjective.below is not None):
            return f"{text_of(term(scene, roles['x']))} had been {more(word, adjective)}"
    raise NotCanonicalError


__all__ = ["paraphrase", "phrase_of"]
