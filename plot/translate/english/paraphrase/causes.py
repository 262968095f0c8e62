"""Questions about causes and effects in canonical English, which names what is made so and what is compared."""

from __future__ import annotations

from plot.language.syntax.nodes import Compare, Expr, Name
from plot.translate.base import CausalQuestion
from plot.translate.english.paraphrase.clauses import clause
from plot.translate.english.paraphrase.nouns import term
from plot.translate.english.paraphrase.patterns import matched
from plot.translate.english.paraphrase.phrases import NotCanonicalError, made, sentence, statement
from plot.translate.english.paraphrase.predicates import owned
from plot.translate.english.paraphrase.questions import asked
from plot.translate.english.paraphrase.scene import Scene
from plot.world.lexicon import expression


def asked_of_causes(scene: Scene, causal: CausalQuestion, deeds: list[str]) -> str | None:
    """Return the question, None where its code says all that it asks. Raises NotCanonicalError.

    Args:
        scene: Where the question stands.
        causal: What it asks for besides its query.
        deeds: What the code makes so, in words.
    """
    about = [expression(code) for code in causal.about if not code.startswith("do(")]
    match causal.kind:
        case "effect":
            first, outcome, *among = about
            given = f"among those of whom it is so that {_so(scene, among[0])}, " if among else ""
            change = _change(scene, outcome)
            if isinstance(first, Compare) and first.comparators == (first.left,):
                made_ = f"{value(scene, first.left)} is made {'greater' if first.ops == ('>',) else 'less'} than it is"
                return sentence(f"{given}if {made_} rather than left as it is, {change}", "?")
            return sentence(f"{given}if {_made(scene, first)} rather than not, {change}", "?")
        case "through" | "direct":
            first, outcome, mediator, *among = about
            given = f"among those of whom it is so that {_so(scene, among[0])}, " if among else ""
            part = "by its effect on this alone" if causal.kind == "through" else "while this is left as it is"
            change = f"{_change(scene, outcome)}, {part}: {whether(scene, mediator)}"
            return sentence(f"{given}if {_made(scene, first)} rather than not, {change}", "?")
        case "consequences":
            return sentence(f"what would be otherwise if {' and '.join(deeds)}", "?")
        case "actions":
            return sentence(f"of all that may be done, what makes it likeliest that {_so(scene, about[0])}", "?")
        case "causes":
            return sentence(f"what are the causes of {whether(scene, about[0])}", "?")
        case "independent":
            one, other, *known = (whether(scene, expr) for expr in about)
            given = f" given {' and '.join(known)}" if known else ""
            return sentence(f"by the causal graph, is {one} independent of {other}{given}", "?")
        case "adjusted":
            one, other = (whether(scene, expr) for expr in about)
            return sentence(f"what must be adjusted for so that observations show the effect of {one} on {other}", "?")
    return None


def _so(scene: Scene, expr: Expr) -> str:
    return statement(clause(scene, expr))


def _made(scene: Scene, expr: Expr) -> str:
    try:
        return made(clause(scene, expr))
    except NotCanonicalError:
        return f"it is made so that {_so(scene, expr)}"


def _change(scene: Scene, outcome: Expr) -> str:
    try:
        return f"how much likelier is it that {_so(scene, outcome)}"
    except NotCanonicalError:
        return f"how much does {value(scene, outcome)} change"


def whether(scene: Scene, expr: Expr) -> str:
    """Return what a question speaks of: whether something is so, or a value."""
    try:
        return f"whether {_so(scene, expr)}"
    except NotCanonicalError:
        return value(scene, expr)


def value(scene: Scene, expr: Expr) -> str:
    """Return a value in words: *Tom's strength*. Raises NotCanonicalError."""
    for word, attribute in scene.entries.attributes():
        roles = matched(attribute.value, expr, "x")
        if roles and "x" in roles and expression(attribute.value) != Name(id="x"):
            return owned(term(scene, roles["x"]), word)
    text = asked(scene, expr)
    if not text.startswith("what is "):
        raise NotCanonicalError
    return text.removeprefix("what is ")


__all__ = ["asked_of_causes", "value", "whether"]
