"""Code in words, piece by piece: for what has no canonical English."""

from __future__ import annotations

from collections.abc import Sequence

from plot.language import show
from plot.language.syntax.nodes import (
    Assign,
    AttributeExpr,
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
    ListExpr,
    Name,
    Observe,
    ProgramNode,
    Query,
    Return,
    Statement,
    Unary,
)
from plot.translate.english.paraphrase.nouns import individual
from plot.translate.english.paraphrase.phrases import NotCanonicalError, listed, sentence, statement
from plot.translate.english.paraphrase.scene import Scene

COMPARED = {
    "<": "is less than",
    "<=": "is at most",
    ">": "is greater than",
    ">=": "is at least",
    "==": "is",
    "!=": "is not",
    "in": "is in",
    "not in": "is not in",
    "is": "is",
    "is not": "is not",
}
SIGNS = {"+": "plus", "-": "minus", "*": "times", "/": "divided by", "%": "modulo", "//": "divided, rounded down, by"}


def rendered(scene: Scene, program: ProgramNode) -> str:
    """Return a program in words, statement by statement."""
    parts = [_statement(scene, part) for part in program.body]
    return " ".join(sentence(part, "?" if part.startswith("what is ") else ".") for part in parts)


def _statement(scene: Scene, part: Statement) -> str:
    match part:
        case Condition():
            return _clause(scene, part.test)
        case Query():
            return f"what is {_value(scene, part.value)}"
        case Observe():
            return f"{_value(scene, part.value)} was measured, which is drawn from {_value(scene, part.distribution)}"
        case Do() if part.restricted:
            return f"{_value(scene, part.target)} is made to pass the test {_value(scene, part.value)}"
        case Do():
            return f"{_value(scene, part.target)} is made to be {_value(scene, part.value)}"
        case Assign():
            return f"{show(part.target)} is {_value(scene, part.value)}"
        case FunctionDef(body=(Return(value=value),)) if value is not None:
            of = listed([one.name for one in part.parameters]) if part.parameters else ""
            head = _words(part.name) + (f" of {of}" if of else "")
            return f"{head} is {_value(scene, value)}"
    return f"`{show(part).strip()}`"


def _clause(scene: Scene, expr: Expr) -> str:
    """Return a test as a clause: what is canonical in it is said so."""
    try:
        return statement(scene.clause(scene, expr))
    except NotCanonicalError:
        pass
    if isinstance(expr, BoolOp):
        return f" {expr.op} ".join(_bracketed(scene, part) for part in expr.values)
    if isinstance(expr, Unary) and expr.op == "not":
        return f"it is not so that {_bracketed(scene, expr.operand)}"
    return _value(scene, expr)


def _bracketed(scene: Scene, expr: Expr) -> str:
    text = _clause(scene, expr)
    return f"({text})" if isinstance(expr, BoolOp) else text


def _value(scene: Scene, expr: Expr) -> str:
    named = individual(scene, expr)
    if named is not None:
        return named
    match expr:
        case Constant(value=str()):
            return str(expr.value)
        case Constant(value=True) | Constant(value=False):
            return "true" if expr.value else "false"
        case Constant(value=int()) | Constant(value=float()):
            return f"{expr.value:.12g}"
        case Name():
            return _words(expr.id)
        case Compare():
            return _comparison(scene, expr)
        case BoolOp():
            return _clause(scene, expr)
        case Unary():
            return f"not {_value(scene, expr.operand)}" if expr.op == "not" else show(expr)
        case Binary() if expr.op in SIGNS:
            return f"{_operand(scene, expr.left)} {SIGNS[expr.op]} {_operand(scene, expr.right)}"
        case IfExpr():
            then, orelse = _value(scene, expr.then), _value(scene, expr.orelse)
            return f"{then} if {_clause(scene, expr.test)}, else {orelse}"
        case ListExpr() if expr.items:
            return _listing(scene, expr.items)
        case AttributeExpr():
            return f"the {_words(expr.name)} of {_value(scene, expr.value)}"
        case Call():
            return _call(scene, expr)
        case Comprehension() if len(expr.generators) == 1:
            return _comprehension(scene, expr)
    return f"`{show(expr)}`"


def _operand(scene: Scene, expr: Expr) -> str:
    text = _value(scene, expr)
    return f"({text})" if isinstance(expr, (Binary, IfExpr)) else text


def _listing(scene: Scene, items: Sequence[Expr]) -> str:
    return listed([_value(scene, item) for item in items])


def _comparison(scene: Scene, expr: Compare) -> str:
    texts = [_value(scene, expr.left)]
    for op, other in zip(expr.ops, expr.comparators, strict=True):
        texts.append(f"{COMPARED[op]} {_value(scene, other)}")
    return f"{texts[0]} {' and '.join(texts[1:])}"


def _call(scene: Scene, expr: Call) -> str:
    if not isinstance(expr.function, Name) or expr.keywords:
        return f"`{show(expr)}`"
    name, arguments = expr.function.id, expr.args
    quantified = {"any": "for some", "all": "for every"}
    if name in quantified and len(arguments) == 1 and isinstance(arguments[0], Comprehension):
        return _quantified(scene, quantified[name], arguments[0])
    special = {"len": "the number of", "count": "how many are true of", "sum": "the sum of"}
    head = special.get(name, f"{_words(name)} of")
    return f"{head} {_listing(scene, arguments)}" if arguments else _words(name)


def _quantified(scene: Scene, words: str, expr: Comprehension) -> str:
    if len(expr.generators) != 1:
        return f"`{show(expr)}`"
    (generator,) = expr.generators
    source, variable = _value(scene, generator.iterable), show(generator.target)
    tests = "".join(f" where {_clause(scene, test)}" for test in generator.conditions)
    return f"{words} {variable} among {source}{tests}, {_clause(scene, expr.element)}"


def _comprehension(scene: Scene, expr: Comprehension) -> str:
    (generator,) = expr.generators
    source, variable = _value(scene, generator.iterable), show(generator.target)
    tests = " and ".join(_clause(scene, test) for test in generator.conditions)
    where = f" where {tests}" if tests else ""
    return f"{_value(scene, expr.element)} for each {variable} among {source}{where}"


def _words(name: str) -> str:
    return name.replace("_", " ").strip()


__all__ = ["rendered"]
