"""The closed classes of English: words of the grammar itself, each with its categories, in every world."""

from __future__ import annotations

from typing import Any

Tagged = dict[str, list[tuple[str, Any]]]


def _listed(table: dict[str, dict[str, Any]]) -> Tagged:
    """Turn `category → {phrases separated by |: value}` into `phrase → [(category, value)]`."""
    found: Tagged = {}
    for category, rows in table.items():
        for phrases, value in rows.items():
            for phrase in phrases.split("|"):
                found.setdefault(phrase, []).append((category, value))
    return found


_NUMBERS = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    "seventeen|eighteen|nineteen|twenty"
).split("|")
_TENS = {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_ORDINALS = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth".split("|")
_SUFFIXES = {1: "st", 2: "nd", 3: "rd"}


def ordinal_digits(number: int) -> str:
    """Return 1st, 2nd, 3rd, 4th …"""
    return f"{number}{'th' if number % 100 in (11, 12, 13) else _SUFFIXES.get(number % 10, 'th')}"


NUMBERS: dict[str, float] = {
    **{word: number for number, word in enumerate(_NUMBERS)},
    **_TENS,
    **{f"{ten}-{_NUMBERS[unit]}": value + unit for ten, value in {"twenty": 20, **_TENS}.items() for unit in range(1, 10)},
    "a hundred": 100,
    "one hundred": 100,
}  # fmt: skip
ORDINALS: dict[str, int] = {
    **{word: number for number, word in enumerate(_ORDINALS, 1)},
    **{ordinal_digits(number): number for number in range(1, 100)},
}

# How strongly a degree word speaks; the lexicon gives the thresholds, by the word or by its class.
DEGREE_CLASS = {
    "very": "very|really|extremely|incredibly|super|highly|exceptionally|unusually|remarkably|so|truly|awfully|hugely",
    "quite": "quite|pretty|rather|fairly|reasonably",
    "a bit": "a bit|a little|a little bit|slightly|somewhat|kind of|sort of|mildly|moderately",
}
MARGIN_CLASS = {
    "much": "much|far|a lot|lots|way|considerably|significantly|substantially|a great deal|a good deal|very much",
    "a bit": "a bit|a little|a little bit|slightly|somewhat|marginally|a tad",
}

CLOSED: Tagged = _listed(
    {
        "BE": {
            "is|are|am|'re|'m|ain": "present",
            "was|were": "past",
            "'s": "present",
        },
        "BE0": {"be": None},
        "BEEN": {"been": None},
        "DO": {"do|does": "present", "did": "past"},
        "HAVE": {"have|has|'ve|have got|has got": "present", "had": "past", "'s": "present", "'d": "past"},
        "MODAL": {"would|could|can|might|may|will|'ll|'d|should|is going to|are going to": "modal"},
        "NOT": {"not": None},
        "NEVER": {"never": None},
        "AND": {"and|&|as well as|along with|together with": None},
        "BUT": {"but|yet|while|whereas|although|though|and yet|but also": None},
        "OR": {"or": None},
        "NOR": {"nor": None},
        "_C": {",": None},
        "_SEMI": {";|:|--|–|—": None},
        "THAN": {"than": None},
        "AS": {"as": None},
        "SO": {"so": None},
        "THAT": {"that": None},
        "IF": {"if|when|whenever|provided that|given that|assuming that|assuming|suppose that|suppose|in case": None},
        "ONLYIF": {"only if": None},
        "IFF": {"if and only if|exactly if|just in case": None},
        "UNLESS": {"unless": None},
        "THEN": {"then": None},
        "BECAUSE": {},
        "THE": {"the": None},
        "A": {"a|an": None},
        "D": {
            "all": ("all", None), "every": ("all", None), "each": ("all", None), "some": ("some", None),
            "any": ("any", None), "no": ("no", None), "most": ("most", None), "a majority of": ("most", None),
            "half": ("half", None), "many|lots of|a lot of|plenty of": ("many", None), "few|very few": ("few", None),
            "several|a number of": ("several", None), "a few": ("a few", None), "a couple of|a couple": ("couple", None),
            "none": ("no", None), "both": ("both", None), "not all|not every": ("not all", None),
            "not many": ("not many", None), "the majority of": ("most", None), "a pair of": ("couple", None),
            "at least one": ("some", None), "one or more": ("some", None), "not a single": ("no", None),
        },
        "DOF": {
            "all of|all": ("all", None), "each of|every one of": ("all", None), "some of": ("some", None),
            "any of|any one of|one of|at least one of": ("some", None), "none of|not one of": ("no", None),
            "most of|a majority of|the majority of|more than half of|more than half": ("most", None),
            "half of|half|at least half of|at least half": ("half", None),
            "fewer than half of|less than half of|fewer than half|less than half": ("less than half", None),
            "many of|lots of|a lot of": ("many", None), "few of|very few of": ("few", None),
            "several of|a number of": ("several", None), "a few of": ("a few", None),
            "a couple of|a pair of": ("couple", None), "both of|both": ("both", None), "not all of": ("not all", None),
            "either of": ("some", None), "neither of": ("no", None), "not many of": ("not many", None),
        },
        "EITHER": {"either": None},
        "NEITHER": {"neither": None},
        "BOTH": {"both": None},
        "QF": {"all": "all", "each": "all", "both": "both", "all of them": "all", "both of them": "both"},
        "MODN": {
            "at least": ">=", "at most": "<=", "exactly|precisely|just|only": "==", "more than|over|greater than": ">",
            "less than|fewer than|under": "<", "no more than|not more than|up to": "<=", "no fewer than|no less than": ">=",
        },
        "ABOUT": {"about|around|roughly|approximately|some|nearly|almost": None},
        "ABOVE": {"above|over": ">", "below|under": "<", "equal to|the same as": "=="},
        "MORECMP": {"greater|higher|larger|bigger|more": ">", "less|lower|smaller": "<"},
        "MORE": {"more": None},
        "LESS": {"less": None},
        "FEWER": {"fewer": None},
        "MOST": {"most": None},
        "LEAST": {"least": None},
        "TWICE": {"once": 1, "twice": 2, "thrice": 3},
        "HALFX": {"half": 0.5, "twice": 2, "double": 2, "triple": 3},
        "TIMES": {"times|time": None},
        "QW": {
            "everyone|everybody": ("all", "person"), "someone|somebody": ("some", "person"),
            "anyone|anybody": ("any", "person"), "no one|noone|no-one|nobody|none": ("no", "person"),
            "everything": ("all", "thing"), "something": ("some", "thing"), "anything": ("any", "thing"),
            "nothing": ("no", "thing"),
        },
        "ELSE": {"else": None},
        "PRO": {
            "he|him": "he", "she|her": "she", "they|them": "they", "it": "it", "theirs": "they",
        },
        "PROPOSS": {"his": "he", "her": "she", "their": "they", "its": "it", "one's": "one"},
        "REFL": {"himself|herself|themselves|themself|itself|oneself": None},
        "EACHOTHER": {"each other|one another": None},
        "POSS": {"'s": None},
        "WHO": {"who|whom": None},
        "WHOSE": {"whose": None},
        "WHICH": {"which": None, "what": None},
        "WHAT": {"what": None},
        "WHERE": {"where": None},
        "HOW": {"how": None},
        "HOWMANY": {"how many|what number of": None},
        "HOWMUCH": {"how much|by how much": None},
        "HOWOFTEN": {"how often": None},
        "ALONE": {"single-handedly|alone|by himself|by herself|by themselves": None},
        "REL": {"who|that|which|whom": None},
        "OF": {"of": None},
        "PREP": {
            word: word for word in ("on", "in", "against", "to", "with", "at", "from", "over", "for", "by", "under", "behind",
                "near", "next to", "left of", "right of", "through", "into", "along", "towards", "between", "among", "above",
                "below", "beside", "after", "before", "during", "about", "north of", "south of", "east of", "west of")
        },
        "BY": {"by": None},
        "IN": {"in|during|on": None, "of": None},
        "BETWEEN": {word: word for word in ("between", "among", "amongst", "out of", "of")},
        "EXCEPT": {"except|except for|but|besides|apart from|aside from|other than|with the exception of": None},
        "THERE": {"there": None},
        "CHANCE": {"chance|chances|probability|likelihood|odds": None},
        "LIKELY": {"likely|probable|possible|plausible|true": None},
        "CASE": {"the case|true": None},
        "UNCASE": {"false|not the case|not true|untrue": None},
        "NAMED": {"named|called": None},
        "CONSIST": {"consists of|consist of|is made up of|are made up of|includes|include|has|is composed of": None},
        "RANK": {"rank|stand|come|place": None},
        "TO": {"to": None},
        "FOR": {"for": None},
        "ORD": {word: number for word, number in ORDINALS.items()},
        "LAST": {"last|latest|final|most recent": -1, "next": 0, "previous": -1},
        "OTHER": {"other": None, "another": None},
        "OTHERS": {"others": None},
        "ONEN": {"one": "one", "ones": "ones"},
        "EQUALLY": {"equally|just as|exactly as": None, "exactly": None},
        "SAME": {"same": None},
        "HEDGEQ": {"do you think|do you think that|would you say|would you say that|do you believe|do you believe that|"
            "do you reckon|tell me|can you tell me|could you tell me|do you know|tell me if|tell me whether|i wonder|"
            "i wonder if|i wonder whether": None},
        "HEDGE": {
            "i think|i think that|i know|i know that|i believe|i believe that|i heard that|i heard|we know that|we know|"
            "it is known that|it 's known that|everyone knows that|it is true that|it turns out that|it is the case that|"
            "the fact is that|i am sure that|i 'm sure that|i am sure|i 'm sure|i saw that|they say that|they say|note that|"
            "remember that|it is a fact that|i am told that|i was told that|it is clear that|i learned that|i noticed that": None
        },
    }
)  # fmt: skip
for _word, _number in NUMBERS.items():
    CLOSED.setdefault(_word, []).append(("NUM", _number))
for _class, _phrases in DEGREE_CLASS.items():
    for _phrase in _phrases.split("|"):
        CLOSED.setdefault(_phrase, []).append(("DEG", (_phrase, _class)))
for _class, _phrases in MARGIN_CLASS.items():
    for _phrase in _phrases.split("|"):
        CLOSED.setdefault(_phrase, []).append(("MARGIN", (_phrase, _class)))

# Words that change nothing in what is true: they are passed over.
PASSED_OVER = frozenset(
    "actually indeed also certainly surely please simply definitely obviously clearly apparently too anyway however "
    "therefore thus hence already again still now today yesterday well ok okay oh hey yeah so-called evidently "
    "undoubtedly ever yet overall".split()
)
# Function words that are names of people as well; written with a capital they may be meant as names.
ALSO_NAMES = frozenset("will may mark can art grace hope sue bill rob drew chase pat jack frank rich so an al no".split())
