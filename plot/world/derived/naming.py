"""Words in the names and docstrings of a model: the bases of verbs, singulars, adjectives of quantities, units."""

from __future__ import annotations

import keyword
import re

from plot.language import LIBRARY
from plot.records import record
from plot.world.derived.words import UNITS
from plot.world.inflect import IRREGULAR_PLURALS, IRREGULAR_VERBS, VOWELS, plural, third, verb_forms

# The adjectives of a quantity: of much of it, and of little; with an empty text there is no such word.
_QUANTITIES = {
    "strength": ("strong", "weak"), "power": ("powerful", "weak"), "speed": ("fast", "slow"),
    "height": ("tall", "short"), "weight": ("heavy", "light"), "mass": ("heavy", "light"), "age": ("old", "young"),
    "length": ("long", "short"), "width": ("wide", "narrow"), "depth": ("deep", "shallow"),
    "wealth": ("rich", "poor"), "income": ("rich", "poor"), "temperature": ("hot", "cold"), "heat": ("hot", "cool"),
    "price": ("expensive", "cheap"), "cost": ("expensive", "cheap"), "size": ("big", "small"),
    "difficulty": ("difficult", "easy"), "happiness": ("happy", "sad"), "quality": ("good", "bad"),
    "skill": ("skilled", "unskilled"), "noise": ("loud", "quiet"), "hunger": ("hungry", "full"),
    "luck": ("lucky", "unlucky"), "danger": ("dangerous", "safe"), "risk": ("risky", "safe"),
    "courage": ("brave", "fearful"), "honesty": ("honest", "dishonest"), "anger": ("angry", "calm"),
    "time": ("long", "short"), "duration": ("long", "short"), "wait": ("long", "short"), "delay": ("long", "short"),
    "distance": ("long", "short"), "queue": ("long", "short"), "wind": ("strong", "weak"), "rain": ("heavy", "light"),
    "traffic": ("heavy", "light"), "talent": ("talented", ""), "fitness": ("fit", "unfit"), "health": ("healthy", ""),
}  # fmt: skip
_ENDINGS = (("iness", "y"), ("ness", ""), ("ility", "le"), ("arity", "ar"), ("ence", "ent"), ("iosity", "ious"))
_ADJECTIVES = re.compile(r"(?:[a-z]{2,}(?:ful|less|ous|ive|able|ible|ish|ic|al|ant|ent)|[a-z]+[^aeiou]y)$")
_SYMBOLS = frozenset(["km", "kg", "cm"])
_PLURAL_UNITS = {
    form: (one, many) for one in UNITS for many in [one if one in _SYMBOLS else plural(one)] for form in (one, many)
}
_SINGULARS = {many: one for one, many in IRREGULAR_PLURALS.items()}
_PASTS = {form: verb for verb, forms in IRREGULAR_VERBS.items() for form in forms}
# Stems of pasts to which the base adds an "e": chang-, handl-, decid-, vaccinat-, but not visit-, treat-, open-.
_WITH_E = re.compile(
    r"(?:[vcuz]|(?<!on)g|[^aeioulrw]l|(?<![aeiou])(?:[aiu][bdklmnpr]|o[bdklr]|[au]t)|[cnv]it|plet|(?<!s)s)$"
)
_HOW = re.compile(r"how (?P<adjective>\w+)\b.*\b(?:is|are|was|were)\b")
_WHETHER = re.compile(r"(?:whether|true if|if) (?P<subject>(?:(?:a|an|the|this|that|each) )?\w+) (?P<said>[^.;,]+)")
_IN_UNITS = re.compile(r"\bin (?P<unit>\w+)\b")


@record(frozen=True)
class Named:
    """What a function's name says: `lead` is its auxiliary (*is*, *has*, *can*), `words` are the others."""

    lead: str
    words: tuple[str, ...]
    unit: tuple[str, str] | None = None

    @property
    def phrase(self) -> str:
        """The words as a phrase."""
        return " ".join(self.words)


def named(name: str, doc: str | None = None) -> Named:
    """Return what a name says.

    >>> named("is_lazy").lead, named("wait_minutes").phrase, named("won_against").words
    ('be', 'wait', ('won', 'against'))
    """
    words = [word for word in re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_") if word.isalpha()]
    leads = {"is": "be", "are": "be", "was": "be", "has": "have", "have": "have", "had": "have"}
    leads |= dict.fromkeys(["can", "could", "will", "would", "does", "did"], "do")
    lead = leads.get(words[0], "") if len(words) > 1 else ""
    words = words[1:] if lead else words
    unit = _PLURAL_UNITS.get(words[-1]) if len(words) > 1 else None
    words = words[:-1] if unit is not None else words
    words = words[:-1] if len(words) > 1 and words[-1] == "in" else words
    if words[1:] == ["value"] and (words[0] in LIBRARY or keyword.iskeyword(words[0])):  # "yield_value"
        words = words[:1]
    if unit is None and (stated := _IN_UNITS.search(doc or "")):
        unit = _PLURAL_UNITS.get(stated["unit"].lower())
    return Named(lead, tuple(words) or (name.lower(),), unit)


def adjectives_of(quantity: str, doc: str | None = None) -> tuple[str, str]:
    """Return the adjectives of a quantity: of much of it and of little, each empty where there is none.

    >>> adjectives_of("strength"), adjectives_of("laziness"), adjectives_of("score", "How good a player is.")
    (('strong', 'weak'), ('lazy', ''), ('good', 'bad'))
    """
    stated = _HOW.match((doc or "").strip().lower())
    head = quantity.split()[-1]
    if stated and stated["adjective"] not in ("much", "many", "often", "long"):
        known = next((pair for pair in _QUANTITIES.values() if pair[0] == stated["adjective"]), None)
        return known or (stated["adjective"], "")
    if head in _QUANTITIES:
        return _QUANTITIES[head]
    for ending, instead in _ENDINGS:
        if head.endswith(ending) and len(head) > len(ending) + 2:
            return head.removesuffix(ending) + instead, ""
    return "", ""


def said_in(doc: str | None) -> str:
    """Return the predicate of a docstring that says *whether someone …*, in the words in which it is said.

    >>> said_in("Whether a patient has a fever.")
    'has a fever'
    """
    found = _WHETHER.match((doc or "").strip().lower())
    return " ".join(found["said"].split()) if found else ""


def base_of(word: str) -> str | None:
    """Return the base of a verb in one of its forms; None for a word that shows no such form.

    >>> [base_of(word) for word in ("won", "likes", "planned", "vaccinated", "visited", "pulled", "lazy")]
    ['win', 'like', 'plan', 'vaccinate', 'visit', 'pull', None]
    """
    if word in IRREGULAR_VERBS or word == "has":
        return "have" if word == "has" else word
    if word in _PASTS:
        return _PASTS[word]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        stems = [word[:-3] + "y" if word.endswith("ies") else "", word[:-1], word[:-2]]
        stems = stems[::-1] if word.endswith(("sses", "shes", "ches", "xes", "zzes", "oes")) else stems
        return next((stem for stem in stems if stem and third(stem) == word), None)
    if word.endswith("ed") and len(word) > 4:
        return _base_of_past(word)
    return None


def _base_of_past(word: str) -> str | None:
    stem = word[:-2]
    candidates = [stem, stem + "e"]
    candidates = candidates[::-1] if _WITH_E.search(stem) else candidates
    if stem[-1:] == stem[-2:-1]:
        candidates.insert(len(candidates) if stem[-1] in "lsfz" else 0, stem[:-1])
    if word.endswith("ied"):
        candidates.insert(0, word[:-3] + "y")
    return next((one for one in candidates if verb_forms(one)["past"] == word), None)


def singular(word: str) -> str | None:
    """Return the singular of a plural; None for a word that is none.

    >>> singular("players"), singular("people"), singular("bus")
    ('player', 'person', None)
    """
    if word in _SINGULARS:
        return _SINGULARS[word]
    stems = [word[:-3] + "y", word[:-1], word[:-2]] if word.endswith("s") and not word.endswith("ss") else []
    return next((stem for stem in stems if len(stem) > 2 and stem[-1] not in "su" and plural(stem) == word), None)


def is_adjective(word: str) -> bool:
    """Return whether a word ends as adjectives do."""
    return bool(_ADJECTIVES.match(word)) and word[-1] not in VOWELS


__all__ = ["Named", "adjectives_of", "base_of", "is_adjective", "named", "said_in", "singular"]
