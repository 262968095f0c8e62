"""From an expression that is true or false to a clause: connectives, quantifiers, and what the lexicon says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from plot.language.syntax.nodes import Binary, BoolOp, Call, Compare, Expr, ListExpr, Name, walk
from plot.translate.english.build import TRUE, both, either, filled, negated
from plot.translate.english.matches import NEAREST
from plot.translate.english.paraphrase.events import recorded
from plot.translate.english.paraphrase.nouns import (
    Listing,
    Nominal,
    best_noun,
    kind_of_list,
    loop_of,
    restricted,
    term,
    without,
)
from plot.translate.english.paraphrase.patterns import (
    absorbed,
    call_of,
    conjuncts,
    mentions,
    opposite,
)
from plot.translate.english.paraphrase.phrases import (
    HAVE,
    Clause,
    Joined,
    NotCanonicalError,
    NounPhrase,
    Scope,
    Shared,
    Simple,
    There,
    denied,
    fill,
    holes,
    in_words,
    related_to,
)
from plot.translate.english.paraphrase.predicates import figured, number_of, simple
from plot.translate.english.paraphrase.scene import Scene
from plot.world.lexicon import expression

AMOUNTS = {"==": "exactly", ">=": "at least", "<=": "at most", ">": "more than", "<": "fewer than"}


def clause(scene: Scene, expr: Expr, *, deny: bool = True) -> Clause:
    """Return an expression as a clause; with `deny`, also as the denial of its opposite.

    Raises NotCanonicalError where its form has no canonical English.
    """
    found = simple(scene, expr) or recorded(scene, expr)
    if found is not None:
        return found
    agreeing = _either(scene, expr)
    if agreeing is not None:
        return agreeing
    if isinstance(expr, BoolOp):
        return _and(scene, conjuncts(expr)) if expr.op == "and" else _or(scene, expr.values)
    quantified = _quantified(scene, expr)
    if quantified is not None:
        return quantified
    inner = opposite(expr) if deny else None
    if inner is not None and (figured(scene, expr) is None or simple(scene, inner) is not None):
        return _denial(scene, inner)
    found = figured(scene, expr)
    if found is None:
        raise NotCanonicalError
    return found


def _denial(scene: Scene, inner: Expr) -> Clause:
    if isinstance(inner, BoolOp) and inner.op == "or":
        return _and(scene, [negated(part) for part in inner.values])
    try:
        return denied(clause(scene, inner, deny=False))
    except NotCanonicalError:
        if isinstance(inner, BoolOp):
            return _or(scene, [negated(part) for part in inner.values])
        raise


def _either(scene: Scene, expr: Expr) -> Clause | None:
    """Two tests that are equal, or that are not: *if and only if*, *either … or …, but not both*."""
    if not isinstance(expr, Compare) or expr.ops not in (("==",), ("!=",)):
        return None
    sides = (expr.left, expr.comparators[0])
    if not all(isinstance(side, (Compare, BoolOp, Call)) for side in sides):
        return None
    try:
        one, other = (clause(scene, side) for side in sides)
    except NotCanonicalError:
        return None
    return Joined("iff" if expr.ops == ("==",) else "xor", (one, other))


# -- connectives -----------------------------------------------------------------------------------------------


def _and(scene: Scene, parts: Sequence[Expr]) -> Clause:
    found: list[Clause] = []
    left = list(parts)
    for pattern, roles in _conjunctive(scene):
        rest = absorbed(pattern, left, roles, {})
        while rest is not None and len(rest) < len(left):
            taken = list(left)
            for part in rest:
                taken.remove(part)
            one = simple(scene, both(taken))
            if one is None:
                break
            found.append(one)
            left = list(rest)
            rest = absorbed(pattern, left, roles, {})
    found += [clause(scene, part) for part in left if not _is_idle(part, parts)]
    return found[0] if len(found) == 1 else Joined("and", tuple(found))


def _is_idle(part: Expr, parts: Sequence[Expr]) -> bool:
    """Return whether a test says only that two variables differ of which more is said."""
    if not isinstance(part, Compare) or part.ops != ("!=",):
        return False
    names = [side.id for side in (part.left, part.comparators[0]) if isinstance(side, Name)]
    others = [one for one in parts if one is not part]
    return len(names) == 2 and any(all(mentions(one, name) for name in names) for one in others)


def _conjunctive(scene: Scene) -> list[tuple[tuple[Expr, ...], tuple[str, ...]]]:
    """Return the patterns of entries that are conjunctions, the longest first."""
    codes: list[tuple[str, tuple[str, ...]]] = []
    codes += [(str(noun.of), ("x", "of")) for _, noun in scene.entries.nouns() if noun.of and noun.domain]
    codes += [(code, ("x", "of", "other")) for code in scene.lexicon.prepositions.values()]
    roles = ("subject", "object", "event")
    for _, verb in scene.entries.verbs():
        codes += [(code, roles) for code in (str(verb.means), *verb.manners.values())]
    found = [(conjuncts(expression(code)), names) for code, names in codes]
    return sorted((one for one in found if len(one[0]) > 1), key=lambda one: -len(one[0]))


def _or(scene: Scene, parts: Sequence[Expr]) -> Clause:
    first = opposite(parts[0])
    if first is not None and len(parts) == 2 and simple(scene, parts[0]) is None:
        test, then = clause(scene, first), clause(scene, parts[1])
        if not holes(test) and not holes(then) and not _is_negative(test):
            return Joined("if", (test, then))
    return Joined("or", tuple(clause(scene, part) for part in parts))


def _is_negative(found: Clause) -> bool:
    return isinstance(found, Simple) and found.negated


# -- quantifiers -----------------------------------------------------------------------------------------------


def _quantified(scene: Scene, expr: Expr, negative: bool = False) -> Clause | None:
    """Return what is said of so many of a list; None where nothing is."""
    some, every = call_of(expr, "any"), call_of(expr, "all")
    if some is not None:
        return _some(scene, some[0], negative)
    if every is not None:
        return _every(scene, every[0], negative)
    inner = opposite(expr)
    if inner is not None and not negative and (call_of(inner, "any") or call_of(inner, "all")):
        return _quantified(scene, inner, negative=True)
    if isinstance(expr, Compare) and len(expr.ops) == 1 and not negative:
        return _counted(scene, expr)
    return None


def _some(scene: Scene, listed: Expr, negative: bool) -> Clause:
    loop = loop_of(listed)
    if loop is None:
        raise NotCanonicalError
    if isinstance(loop.source, ListExpr):
        found = _of_these(scene, loop, either)
        return denied(found) if negative else found
    if _is_presumed(scene, loop):
        kind = restricted(scene, loop, loop.tests)
        found = _said_of(scene, loop, conjuncts(loop.element), kind.phrase("the", ""))
        return denied(found) if negative else found
    return _existing(scene, loop, "no" if negative else "a", "no" if negative else "some", many=False)


def _is_presumed(scene: Scene, loop: Listing) -> bool:
    """Return whether it is taken for granted that some of a list pass its tests."""
    for one in scene.presumed:
        known = loop_of(one)
        if known is not None and known.source == loop.source:
            names = {known.variable: Name(id=loop.variable)}
            if loop.tests and {filled(test, names) for test in known.tests} == set(loop.tests):
                return True
    return False


def _existing(scene: Scene, loop: Listing, determiner: str, scope: Scope, *, many: bool) -> Clause:
    """Return that so many of a list pass its tests and its element."""
    element = () if loop.element == TRUE else conjuncts(loop.element)
    tests = tuple(test for test in loop.tests if not _excludes_compared(loop, test))
    restricting, said = (tests, element) if tests and element else _split(scene, loop, (*tests, *element))
    kind = restricted(scene, loop, restricting)
    if said:
        some = "some" if determiner == "a" else determiner
        found = _tried(scene, loop, said, kind, (some, scope), many=many)
        if found is not None and not (determiner == "a" and _is_state(found, some, bool(restricting))):
            return found
        kind = restricted(scene, loop, (*restricting, *said))
    if kind.owner is not None:
        return _having(kind, determiner, scope, many=many)
    return There(kind.phrase(determiner, scope, many=many))


def _tried(
    scene: Scene, loop: Listing, said: Sequence[Expr], kind: Nominal, determiner: tuple[str, Scope], *, many: bool
) -> Clause | None:
    try:
        return _said_of(scene, loop, said, kind.phrase(*determiner, many=many))
    except NotCanonicalError:
        return None


def _is_state(found: Clause, determiner: str, restricted_: bool) -> bool:
    """Return whether *there is* says it more clearly: *some ball is red* may speak of balls in general."""
    if not isinstance(found, (Simple, Shared)) or not found.subject.text.startswith(f"{determiner} "):
        return False
    parts = found.parts if isinstance(found, Shared) else (found,)
    wide = any(one.scope == "every" for part in parts for one in list(part.phrases())[1:])
    return wide or (restricted_ and any(part.verb.is_be or part.verb == HAVE for part in parts))


def _having(kind: Nominal, determiner: str, scope: Scope, *, many: bool) -> Clause:
    """Return that somebody has so many of those who are related to them."""
    assert kind.owner is not None
    return Simple(kind.owner, HAVE, (replace(kind, owner=None).phrase(determiner, scope, many=many),))


def _split(scene: Scene, loop: Listing, tests: tuple[Expr, ...]) -> tuple[tuple[Expr, ...], tuple[Expr, ...]]:
    """Return the tests that a noun with adjectives says, and the others, which become a predicate."""
    _, left = best_noun(scene, loop, tests)
    inner = scene.within(loop.variable, loop.index)
    said = []
    for test in left:
        found = simple(inner, test)
        if found is None or found.attributive is None or found.subject.hole != loop.variable:
            said.append(test)
    consumed = len(tests) - len(left)
    if consumed == 0 and len(said) < len(left):  # *a player is lazy*, not *there is a lazy player*
        said = list(left)
    return tuple(test for test in tests if test not in said), tuple(said)


def _said_of(scene: Scene, loop: Listing, said: Sequence[Expr], phrase: NounPhrase) -> Clause:
    inner = scene.within(loop.variable, loop.index)
    found = clause(inner, both(said)) if len(said) == 1 else _and(inner, said)
    _check_left_out(inner, loop, found, always=phrase.scope == "every" or phrase.text.endswith("of the"))
    return fill(found, loop.variable, phrase)


def _check_left_out(scene: Scene, loop: Listing, found: Clause, *, always: bool) -> None:
    """Refuse a list in which somebody is compared with themselves, whom the words leave out."""
    others = [without(loop.variable, test) for test in (*loop.tests, *conjuncts(loop.element))]
    left_out = [term(scene, other) for other in others if other is not None]
    about = [part for part in related_to(found, always=always) if part.hole != loop.variable]
    about = [part for part in about if not part.text.startswith("the ")]
    if any(part not in left_out for part in about):
        raise NotCanonicalError


def _every(scene: Scene, listed: Expr, negative: bool) -> Clause:
    loop = loop_of(listed)
    if loop is None:
        raise NotCanonicalError
    if isinstance(loop.source, ListExpr):
        found = _of_these(scene, loop, both)
        return denied(found) if negative else found
    tests = tuple(test for test in loop.tests if not _excludes_compared(loop, test))
    kind = restricted(scene, loop, tests)
    inner = scene.within(loop.variable, loop.index)
    denied_body = opposite(loop.element)
    if negative:
        return _said_of(scene, loop, [loop.element], kind.phrase("not every", "every"))
    found = clause(inner, loop.element)
    if denied_body is not None and isinstance(found, Simple) and found.negated:
        return _said_of(scene, loop, [denied_body], kind.phrase("no", "no"))
    _check_left_out(inner, loop, found, always=True)
    return fill(found, loop.variable, kind.phrase("every", "every"))


def _of_these(scene: Scene, loop: Listing, join: Callable[[Sequence[Expr]], Expr]) -> Clause:
    """Return what is said of each of some who are named."""
    assert isinstance(loop.source, ListExpr)
    if loop.tests or not loop.source.items:
        raise NotCanonicalError
    return clause(scene, join([filled(loop.element, {loop.variable: item}) for item in loop.source.items]))


def _excludes_compared(loop: Listing, test: Expr) -> bool:
    """Return whether a test leaves out whom each thing is compared with: nobody is stronger than themselves."""
    other = without(loop.variable, test)
    if other is None:
        return False
    parts = getattr(other, "items", (other,))
    return all(any(node == part for node in walk(loop.element)) for part in parts)


def _counted(scene: Scene, expr: Compare) -> Clause | None:
    """Return what is said of how many there are."""
    op, left, right = expr.ops[0], expr.left, expr.comparators[0]
    gap = call_of(left, "abs")
    if gap is not None and op == "<=" and number_of(right) == NEAREST and isinstance(gap[0], Binary):
        op, left, right = "near", gap[0].left, gap[0].right
    size = call_of(left, "len") or call_of(left, "count")
    if size is None:
        return None
    shared = _share(scene, size[0], op, right) if call_of(left, "count") else None
    if shared is not None:
        return shared
    if _size_of(right) is not None:
        return _more_than(scene, size[0], op, right)
    amount = number_of(right)
    loop = loop_of(size[0]) if amount is not None else None
    if amount is None or op not in AMOUNTS:
        return None
    if loop is None:
        loop = Listing(TRUE, "x", size[0], ())
    element = TRUE if loop.element == Name(id=loop.variable) else loop.element
    loop = replace(loop, element=element)
    if isinstance(loop.source, ListExpr) and not loop.tests:
        who = f"{AMOUNTS[op]} {in_words(amount)} of {term(scene, loop.source).text}"
        return _said_of(scene, loop, conjuncts(element), NounPhrase(who, amount != 1, scope="other"))
    if (op, amount) in ((">", 0), (">=", 1)):
        return _existing(scene, loop, "a", "some", many=False)
    if (op, amount) in (("==", 0), ("<", 1), ("<=", 0)):
        return _existing(scene, loop, "no", "no", many=False)
    return _existing(scene, loop, f"{AMOUNTS[op]} {in_words(amount)}", "other", many=amount != 1)


def _size_of(expr: Expr) -> Expr | None:
    """Return the list whose length an expression is, times and plus a number."""
    if isinstance(expr, Binary) and expr.op == "+":
        return _size_of(expr.left) if number_of(expr.right) is not None else None
    if isinstance(expr, Binary) and expr.op == "*":
        factor = number_of(expr.left)
        return _size_of(expr.right) if factor is not None else None
    found = call_of(expr, "len")
    return None if found is None else found[0]


def _more_than(scene: Scene, first: Expr, op: str, right: Expr) -> Clause:
    """Return a comparison of two sizes: *there are three more mugs than cans*."""
    margin, times, second = 0.0, 1.0, right
    if isinstance(second, Binary) and second.op == "+":
        margin, second = number_of(second.right) or 0.0, second.left
    if isinstance(second, Binary) and second.op == "*":
        times, second = number_of(second.left) or 1.0, second.right
    size = call_of(second, "len")
    if size is None:
        raise NotCanonicalError
    one, other = kind_of_list(scene, first), kind_of_list(scene, size[0])
    words = _size_words(op, margin, times)
    text = f"{words[0]} {one.words(True)} {words[1]} {other.words(True)}"
    return There(NounPhrase(text, many=True, scope="other"))


def _size_words(op: str, margin: float, times: float) -> tuple[str, str]:
    if op == "==" and margin == 0 and times == 0.5:
        return "half as many", "as"
    if op == "==" and margin == 0:
        return (f"{in_words(times)} times as many", "as") if times != 1 else ("as many", "as")
    if op == "==" and times == 1:
        return f"{in_words(margin)} more", "than"
    if margin == 0 and times == 1 and op in (">", "<"):
        return ("more" if op == ">" else "fewer"), "than"
    raise NotCanonicalError


BOUNDS = {**AMOUNTS, "<": "less than", "near": ""}


def _share_words(op: str, share: float) -> str:
    if (op, share) == (">", 0.5):
        return "most of the"
    return f"{BOUNDS[op]} {'half' if share == 0.5 else f'{share * 100:.10g}%'} of the".strip()


def _share(scene: Scene, listed: Expr, op: str, right: Expr) -> Clause | None:
    """Return what is said of a share of all."""
    if not isinstance(right, Binary) or right.op != "*":
        return None
    share, size = number_of(right.left), call_of(right.right, "len")
    loop = loop_of(listed)
    if share is None or size is None or loop is None or op not in BOUNDS:
        return None
    words = _share_words(op, share)
    whole = loop_of(size[0]) or Listing(Name(id=loop.variable), loop.variable, size[0], ())
    kind = restricted(scene, replace(loop, tests=()), whole.tests)
    return _said_of(scene, loop, conjuncts(loop.element), kind.phrase(words, "other", many=True))


__all__ = ["clause"]
