"""Inflection: the forms of English nouns, verbs and adjectives, regular and irregular."""

from __future__ import annotations

VOWELS = "aeiou"

# base: (past, participle); further pairs of forms that people use stand behind a comma.
IRREGULAR_VERBS = {
    "be": ("was", "been"), "beat": ("beat", "beaten"), "become": ("became", "become"), "begin": ("began", "begun"),
    "bite": ("bit", "bitten"), "blow": ("blew", "blown"), "break": ("broke", "broken"), "bring": ("brought", "brought"),
    "build": ("built", "built"), "buy": ("bought", "bought"), "catch": ("caught", "caught"),
    "choose": ("chose", "chosen"), "come": ("came", "come"), "cost": ("cost", "cost"), "cut": ("cut", "cut"),
    "do": ("did", "done"), "draw": ("drew", "drawn"), "drink": ("drank", "drunk"), "drive": ("drove", "driven"),
    "eat": ("ate", "eaten"), "fall": ("fell", "fallen"), "feel": ("felt", "felt"), "fight": ("fought", "fought"),
    "find": ("found", "found"), "fly": ("flew", "flown"), "forget": ("forgot", "forgotten"), "get": ("got", "got"),
    "give": ("gave", "given"), "go": ("went", "gone"), "grow": ("grew", "grown"), "have": ("had", "had"),
    "hear": ("heard", "heard"), "hide": ("hid", "hidden"), "hit": ("hit", "hit"), "hold": ("held", "held"),
    "hurt": ("hurt", "hurt"), "keep": ("kept", "kept"), "know": ("knew", "known"), "lead": ("led", "led"),
    "leave": ("left", "left"), "let": ("let", "let"), "lie": ("lay", "lain"), "lose": ("lost", "lost"),
    "make": ("made", "made"), "mean": ("meant", "meant"), "meet": ("met", "met"), "overcome": ("overcame", "overcome"),
    "pay": ("paid", "paid"), "put": ("put", "put"), "read": ("read", "read"), "ride": ("rode", "ridden"),
    "rise": ("rose", "risen"), "run": ("ran", "run"), "say": ("said", "said"), "see": ("saw", "seen"),
    "sell": ("sold", "sold"), "send": ("sent", "sent"), "set": ("set", "set"), "shoot": ("shot", "shot"),
    "shut": ("shut", "shut"), "sing": ("sang", "sung"), "sink": ("sank", "sunk"), "sit": ("sat", "sat"),
    "sleep": ("slept", "slept"), "speak": ("spoke", "spoken"), "spend": ("spent", "spent"), "stand": ("stood", "stood"),
    "steal": ("stole", "stolen"), "stick": ("stuck", "stuck"), "strike": ("struck", "struck"),
    "swim": ("swam", "swum"), "take": ("took", "taken"), "teach": ("taught", "taught"), "tell": ("told", "told"),
    "think": ("thought", "thought"), "throw": ("threw", "thrown"), "understand": ("understood", "understood"),
    "wake": ("woke", "woken"), "wear": ("wore", "worn"), "win": ("won", "won"), "write": ("wrote", "written"),
}  # fmt: skip
_PREFIXES = ("over", "under", "out", "re", "up", "with")

IRREGULAR_ADJECTIVES = {
    "good": ("better", "best"),
    "bad": ("worse", "worst"),
    "far": ("farther", "farthest"),
    "little": ("less", "least"),
    "ill": ("worse", "worst"),
}
IRREGULAR_PLURALS = {
    "person": "people", "man": "men", "woman": "women", "child": "children", "foot": "feet", "tooth": "teeth",
    "mouse": "mice", "goose": "geese", "sheep": "sheep", "fish": "fish", "series": "series", "die": "dice",
    "grandchild": "grandchildren", "stepchild": "stepchildren", "wife": "wives", "life": "lives", "knife": "knives",
    "leaf": "leaves", "half": "halves", "shelf": "shelves",
}  # fmt: skip


def plural(noun: str) -> str:
    """Return the plural of a noun; of a phrase, that of its head (before *of* or *in*, else its last word).

    >>> plural("match"), plural("brother-in-law"), plural("city"), plural("faculty player")
    ('matches', 'brothers-in-law', 'cities', 'faculty players')
    """
    for joint in ("-in-", "-of-", " of ", " in "):
        if joint in noun:
            head, rest = noun.split(joint, 1)
            return plural(head) + joint + rest
    before, space, word = noun.rpartition(" ")
    first, dash, last = word.rpartition("-")
    if word in IRREGULAR_PLURALS:
        found = IRREGULAR_PLURALS[word]
    elif dash:
        found = first + dash + plural(last)
    else:
        found = _with_s(word)
    return before + space + found


def _with_s(word: str) -> str:
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in VOWELS:
        return word[:-1] + "ies"
    return word + "s"


def _doubled(word: str) -> str:
    """Return a stem before *-ed*, *-ing*, *-er*: a final consonant after a single vowel of a short word is doubled."""
    short = sum(letter in VOWELS for letter in word) == 1
    if len(word) >= 3 and short and word[-1] not in VOWELS + "wxy" and word[-2] in VOWELS and word[-3] not in VOWELS:
        return word + word[-1]
    return word


def _past(verb: str) -> str:
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2:-1] not in VOWELS:
        return verb[:-1] + "ied"
    return _doubled(verb) + "ed"


def _ing(verb: str) -> str:
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")) and verb != "be":
        return verb[:-1] + "ing"
    return _doubled(verb) + "ing"


def third(verb: str) -> str:
    """Return the form after *he*: beats, goes, tries, has."""
    if verb in ("have", "be"):
        return {"have": "has", "be": "is"}[verb]
    return verb + "es" if verb.endswith("o") else _with_s(verb)


def verb_forms(verb: str) -> dict[str, str]:
    """Return the forms of a verb: base, third, past, participle, ing.

    >>> verb_forms("beat")["participle"], verb_forms("defeat")["past"], verb_forms("win")["ing"]
    ('beaten', 'defeated', 'winning')
    """
    prefix = next((one for one in _PREFIXES if verb.startswith(one) and verb[len(one) :] in IRREGULAR_VERBS), "")
    forms = IRREGULAR_VERBS.get(verb) or [prefix + form for form in IRREGULAR_VERBS.get(verb[len(prefix) :], ())]
    past, participle = forms or (_past(verb), _past(verb))
    return {"base": verb, "third": third(verb), "past": past, "participle": participle, "ing": _ing(verb)}


def compared(adjective: str) -> tuple[str, str] | None:
    """Return comparative and superlative of a short adjective, None where *more* and *most* are used only.

    >>> compared("strong"), compared("lazy"), compared("big"), compared("reliable")
    (('stronger', 'strongest'), ('lazier', 'laziest'), ('bigger', 'biggest'), None)
    """
    if adjective in IRREGULAR_ADJECTIVES:
        return IRREGULAR_ADJECTIVES[adjective]
    if " " in adjective or "-" in adjective or _syllables(adjective) > 2:
        return None
    if adjective.endswith("y") and adjective[-2:-1] not in VOWELS:
        stem = adjective[:-1] + "i"
    elif adjective.endswith("e"):
        stem = adjective[:-1]
    elif _syllables(adjective) == 1:
        stem = _doubled(adjective)
    else:
        return None
    return stem + "er", stem + "est"


def _syllables(word: str) -> int:
    """Count groups of vowels; a final silent *e* is none."""
    count, before = 0, False
    for number, letter in enumerate(word):
        vowel = letter in VOWELS or (letter == "y" and number > 0)
        count += vowel and not before
        before = vowel
    silent = word.endswith("e") and not word.endswith("le") and count > 1
    return max(count - silent, 1)
