"""Whom a pronoun may mean: those who were named before it, the last first, if *he* or *she* fits the name."""

from __future__ import annotations

from collections.abc import Sequence

from plot.language.nodes import Constant, Expr, Name
from plot.translate.base import Discourse
from plot.translate.english.entries import NameUse, NounUse
from plot.translate.english.forest import Token
from plot.translate.english.noun_phrases import THEY

_INDEFINITE = ("QW", "A", "D", "DOF", "N_PL", "RN_PL", "WHO", "WHICH")
# Names that nearly everyone takes for a woman's or a man's; any other fits both.
WOMEN = frozenset(
    "alice amy andrea angela ann anna anne barbara betty carol catherine charlotte claire daisy deborah diana donna dorothy "
    "elena elizabeth ella emily emma eva eve fiona grace hannah helen irene isabel jane janet jennifer jessica jill joan judy "
    "julia julie karen kate katherine kathy laura lily linda lisa lucy maria margaret martha mary megan michelle monica nancy "
    "natalie nina nora olivia patricia paula rachel rebecca rose ruth sally sandra sara sarah sharon sofia sophia sophie "
    "stella sue susan teresa tina vera victoria virginia wendy zoe".split()
)
MEN = frozenset(
    "adam albert andrew anthony arthur ben bill bob brian bruce carl charles christopher dan daniel dave david dennis dick "
    "donald doug edward eric ethan frank fred gary george gerald greg gabe harold harry henry hugo ian isaac jack jacob james "
    "jason jeff jerry jim joe john jonathan joseph josh joshua justin keith ken kevin larry lars luke mark martin matthew max "
    "michael mike nathan nick oliver oscar otto patrick paul pete peter phil philip ralph ray raymond richard rob robert roger "
    "ronald roy samuel scott sean simon stephen steve steven theo thomas tim timothy tom tony victor vincent walter "
    "will william".split()
)


def antecedents(tokens: Sequence[Token], discourse: Discourse, place: int, kind: str) -> list[Expr]:
    """Return whom a pronoun at a place may mean, the likeliest first."""
    before = [token for token in tokens if token.first < place]
    found: list[Expr] = []
    if any(tag in token.tags for token in before for tag in _INDEFINITE):
        found.append(Name(id=THEY))
    named = [use.expr for token in reversed(before) for use in token.tags.get("NAME", ()) if isinstance(use, NameUse)]
    found += [expr for expr in named if isinstance(expr, Constant) and fits(str(expr.value), kind)]
    found += [Constant(value=name) for name in discourse.salient if fits(name, kind)]
    return list(dict.fromkeys(found))


def noun_before(tokens: Sequence[Token], place: int) -> NounUse | None:
    """Return the noun for which *one* stands: the last one before it."""
    for token in reversed([token for token in tokens if token.first < place]):
        for tag in ("N_SG", "N_PL"):
            for use in token.tags.get(tag, ()):
                if isinstance(use, NounUse):
                    return use
    return None


def fits(name: str, kind: str) -> bool:
    """Tell whether *he* or *she* may be said of a name.

    >>> fits("mary", "he"), fits("alex", "he"), fits("mary", "they")
    (False, True, True)
    """
    first = name.split("_")[0]
    return not ((kind == "he" and first in WOMEN) or (kind == "she" and first in MEN))
