"""The grammar as a translator: names of all kinds, honest refusals, bounds, and what conversations carry over."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from dataclasses import replace

import pytest

from plot.errors import PlotError
from plot.language import parse, show
from plot.translate.base import Discourse, Reading, Told
from plot.translate.english.matches import Matches
from plot.translate.grammar import Grammar, split_sentences
from plot.world import WorldSpec, builtin_worlds
from tests.support.clock import effort

WORLD = WorldSpec.load("tugofwar")
GRAMMAR = Grammar()
MOST_EFFORT = 1_000  # measured: 150; what grows exponentially with the words has no end


def translate(say: str, *told: str, world: WorldSpec = WORLD) -> tuple[Reading, ...]:
    """Translate a sentence after others were told."""
    discourse = Discourse(world)
    for before in told:
        readings = GRAMMAR.translate(before, discourse)
        names = [name for reading in readings for name in reading.names]
        discourse = replace(
            discourse,
            told=(*discourse.told, Told(before, readings[0].act, readings)),
            names=tuple(dict.fromkeys([*discourse.names, *names])),
            events=discourse.events + readings[0].events,
            salient=tuple(dict.fromkeys([*reversed(names), *discourse.salient])),
        )
    return GRAMMAR.translate(say, discourse)


def code(say: str, *told: str) -> str:
    """Return the code of a sentence that has one reading."""
    (reading,) = translate(say, *told)
    return reading.code.strip()


def refused(say: str, *told: str) -> PlotError:
    with pytest.raises(PlotError) as caught:
        translate(say, *told)
    return caught.value


# -- names ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "atom"),
    [
        ("Tom", "tom"), ("tom", "tom"), ("TOM", "tom"), ("Mary Ann", "mary_ann"), ("Jean-Luc", "jean_luc"),
        ("Zoë", "zoë"), ("O'Brien", "obrien"), ("Łukasz", "łukasz"), ("Will", "will"), ("May", "may"),
        ("Mark", "mark"), ("Grace", "grace"), ("Dr. Jones", "dr_jones"), ("Vincent van Gogh", "vincent_van_gogh"),
        ("Anna Maria Rossi", "anna_maria_rossi"), ("player 7", "player_7"), ("Bo", "bo"), ("X", "x"),
    ],
)  # fmt: skip
def test_names_of_all_kinds(name: str, atom: str) -> None:
    (reading,) = translate(f"Sue beat {name}.")
    assert reading.names == ("sue", atom)
    assert f'["{atom}"]' in reading.code
    (reading,) = translate(f"Is {name} stronger than Sue?")
    assert set(reading.names) == {atom, "sue"}


@pytest.mark.parametrize("name", ["Zoë", "Łukasz", "José", "Ångström", "Nguyễn", "김"])
def test_a_name_is_one_however_its_letters_were_typed(name: str) -> None:
    for form in ("NFC", "NFD"):
        typed = unicodedata.normalize(form, name)
        assert code(f"{typed} beat Mary.") == code(f"{name} beat Mary.")
    assert code(f"Is {name} strong?", unicodedata.normalize("NFD", f"{name} beat Mary.")) == code(
        f"Is {name} strong?", f"{name} beat Mary."
    )


def test_a_world_that_was_typed_with_separate_accents() -> None:
    text = "name: cafe\nmodel: |\n  people = ['zoë']\n  @mem\n  def engaged(x):\n      return flip(0.5)\nlexicon:\n"
    text += "  nouns: {person: {domain: people}}\n  adjectives: {fiancé: {means: engaged(x)}}\n"
    composed, separate = (WorldSpec.parse(unicodedata.normalize(form, text)) for form in ("NFC", "NFD"))
    for say in ("Is Zoë fiancé?", unicodedata.normalize("NFD", "Is Zoë fiancé?")):
        assert translate(say, world=separate) == translate(say, world=composed)


@pytest.mark.parametrize("world", sorted(builtin_worlds()))
def test_a_hint_on_matches_is_a_sentence_of_the_world(world: str) -> None:
    known = WorldSpec.load(world)
    hint = Matches(Discourse(known)).such_as("say who met whom")
    said = re.fullmatch("say who met whom(?:: “(.*)”)?", hint)
    assert said is not None and (said[1] is not None) == (world in ("tugofwar", "olympics"))
    assert said[1] is None or translate(said[1], world=known)[0].act == "observation"


def test_a_name_may_begin_a_sentence() -> None:
    assert code("Will beat May.") == 'condition(won_against(["will"], ["may"], 1))'
    assert code("Will Tom beat May?") == 'query(won_against(["tom"], ["may"], 1))'


def test_two_names_beside_each_other() -> None:
    assert translate("Mary Ann beat Tom.")[0].names == ("mary_ann", "tom")
    assert translate("Is mary ann stronger than Tom?", "Mary Ann beat Tom.")[0].names == ("mary_ann", "tom")


def test_a_possessive_is_no_part_of_a_name() -> None:
    assert code("Is Mary's strength above 60?") == 'query(strength("mary") > 60)'
    assert code("Mary’s strength is above James’ strength.") == 'condition(strength("mary") > strength("james"))'


@pytest.mark.parametrize(
    "say", ["TOM BEAT SUE.", "tom beat sue", "Tom  beat\tSue !", "“Tom beat Sue.”", "Tom beat Sue..."]
)
def test_letters_and_punctuation_as_people_write_them(say: str) -> None:
    assert code(say) == 'condition(won_against(["tom"], ["sue"], 1))'


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tom didn't beat Sue.", "Tom did not beat Sue."), ("Tom isn’t strong.", "Tom is not strong."),
        ("Who's stronger, Tom or Sue?", "Who is stronger, Tom or Sue?"),
        ("There's a champion.", "There is a champion."),
        ("Can't Tom beat Sue?", "Can Tom not beat Sue?"), ("Would Tom lose to Sue?", "Would Tom lose against Sue?"),
        ("Tom defeated Sue.", "Tom won against Sue."), ("Tom was beaten by Sue.", "Sue beat Tom."),
        ("Sue lost to Tom.", "Tom beat Sue."), ("Tom has beaten Sue.", "Tom beat Sue."),
        ("All of the players are lazy.", "Every player is lazy."), ("Tom's lazy.", "Tom is lazy."),
        ("It's not true that Tom is lazy.", "Tom is not lazy."), ("I think Tom is lazy.", "Tom is lazy."),
        ("Tom is actually lazy, of course.", "Tom is lazy."),
        ("2 players are lazy.", "Exactly two players are lazy."),
        ("Tom is stronger than Sue is.", "Tom is stronger than Sue."),
        ("Do you think that Tom is lazy?", "Is Tom lazy?"), ("Tom is lazy?", "Is Tom lazy?"),
        ("Who is the strongest, Tom or Sue?", "Who is stronger, Tom or Sue?"),
    ],
)  # fmt: skip
def test_ways_of_saying_the_same(one: str, other: str) -> None:
    told = ("Someone is a champion if they are stronger than 80.",)
    assert code(one, *told) == code(other, *told)


# -- what a conversation carries over ------------------------------------------------------------------------


def test_matches_are_numbered_in_the_order_of_telling() -> None:
    told = ("Tom beat Sue.", "Ann is lazy.", "Tom beat John twice.")
    assert code("Sue beat Ann.", *told) == 'condition(won_against(["sue"], ["ann"], 4))'
    assert code("Would Sue beat Ann?", *told) == 'query(won_against(["sue"], ["ann"], 4))'
    assert code("Was Tom lazy in the last match?", *told) == 'query(lazy("tom", 3))'
    assert code("Who won the second match?", *told) == 'query("tom" if won_against(["tom"], ["john"], 2) else "john")'


def test_a_match_that_was_told_is_asked_about() -> None:
    assert code("Did Sue beat Tom?", "Tom beat Sue.") == 'query(won_against(["sue"], ["tom"], 1))'
    assert code("Would Sue beat Tom?", "Tom beat Sue.") == 'query(won_against(["sue"], ["tom"], 2))'


def test_the_number_of_new_matches() -> None:
    assert [
        translate(say)[0].events for say in ("Tom beat Sue.", "Tom beat Sue and Ann beat Bob.", "Tom is lazy.")
    ] == [1, 2, 0]
    assert translate("Tom beat Sue in the third match.")[0].events == 3
    assert translate("Would Tom beat Sue?")[0].events == 0


def test_teams_grow() -> None:
    told = ("Ann is on the student team.",)
    assert code("Ann is on the student team.") == 'student_team = ["ann"]'
    assert code("Bob is on the student team.", *told) == 'student_team = distinct(concat(student_team, ["bob"]))'
    assert translate("Bob is on the student team.", *told)[0].act == "knowledge"


def test_a_team_of_which_nothing_is_known_may_be_anyone() -> None:
    lines = code("Gabe is stronger than the weakest player on the faculty team.").splitlines()
    assert lines[:2] == ["faculty_team = [x for x in players if flip(0.5)]", "condition(len(faculty_team) > 0)"]


def test_words_that_were_defined() -> None:
    told = ("A giant killer is someone who is stronger than 90.", "Someone is tough if they are stronger than 70.")
    assert code("Tom is a giant killer.", *told) == 'condition(giant_killer("tom"))'
    assert code("Are all giant killers tough?", *told) == "query(all([tough(x) for x in players if giant_killer(x)]))"


@pytest.mark.parametrize(
    ("say", "whom"),
    [
        ("Is he strong?", "tom"), ("Is she strong?", "mary"), ("Are they strong?", "mary"),
        ("If Ann is lazy, is she strong?", "ann"), ("Is Bob strong if he is lazy?", "bob"),
    ],
)  # fmt: skip
def test_pronouns_mean_the_last_fitting_name(say: str, whom: str) -> None:
    found = parse(code(say, "Tom beat Mary."))
    assert f'strength("{whom}")' in show(found)


def test_an_object_pronoun_is_not_its_subject() -> None:
    assert code("Would Tom beat him?", "Bob is strong.") == 'query(won_against(["tom"], ["bob"], 1))'
    assert refused("Tom beat himself.")


def test_sentences() -> None:
    assert split_sentences("Tom beat Sue. Who is stronger? ") == ["Tom beat Sue.", "Who is stronger?"]
    assert split_sentences("Mr. Fox beat J. Hare! Is it 2.5?") == ["Mr. Fox beat J. Hare!", "Is it 2.5?"]
    assert split_sentences("no mark at all") == ["no mark at all"]
    assert split_sentences(" \n ") == []


# -- ambiguity -----------------------------------------------------------------------------------------------


def test_scope_is_a_choice_of_readings() -> None:
    first, second = translate("Everyone didn't beat Tom.")
    assert first.weight > second.weight > 0
    assert "all([not won" in first.code
    assert "not all(" in second.code


@pytest.mark.parametrize(
    "say",
    [
        "Tom and Sue beat John.", "Sue, Mary, and Bob are all stronger than John.",
        "A couple of the players are lazy.",
        "Tom beat John, and Mary beat Sue.", "Is the strongest player stronger than the second strongest player?",
        "Players who are stronger than Tom are lazy.", "Tom beat Sue and Ann and lost to Bob.",
    ],
)  # fmt: skip
def test_a_plain_sentence_has_one_reading(say: str) -> None:
    assert len(translate(say)) == 1


# -- refusals ------------------------------------------------------------------------------------------------


def test_an_error_says_where_what_and_what_to_try() -> None:
    error = refused("Is Mary stronger than")
    assert "“Is Mary stronger than”" in error.message
    assert "something is missing; here could follow a name" in error.message
    assert error.hint is not None
    assert error.hint.startswith("this would work: “Is Mary stronger than Tom?”")
    assert error.render().splitlines()[3].endswith("^")


def test_an_unknown_word_is_shown() -> None:
    error = refused("Is Mary stroner than Tom?")
    assert "did you mean “stronger”?" in str(error.hint)
    assert error.span is not None
    assert error.span.excerpt().splitlines()[1].index("^") == error.span.excerpt().splitlines()[0].index("than")


@pytest.mark.parametrize(
    "say",
    [
        "Wer ist stärker?", "¿Quién es más fuerte?", "Qui est le plus fort?", "Кто сильнее?", "トムは強い",
        "blah blah blah",         "Tom", "Tom Sue", "is", "?", "Tom is", "beat Tom", "Tom beat", "Tom is tall.",
        "Is Tom tall?", "Tom loves Sue.",
        "Tom is stronger.", "Tom is strong in the first match.", "Tom is stronger than Sue in the first match.",
        "Tom beat Sue by a lot.", "Tom beat quickly.", "Tom is a champion.", "Stronger is who Tom?",
        "Tom is are strong.",         "the the the", "Tom is very.", "How many?", "If Tom is lazy?",
        "Tom beat Sue Ann lazy.", "1 + 1 = 2",
        "condition(strength('tom') > 3)", "Is Mary 🦄 than Tom?", "Tom is stronger than me.", "Tom beat Sue tomorrow.",
    ],
)  # fmt: skip
def test_what_is_refused(say: str) -> None:
    error = refused(say)
    assert error.message
    assert len(error.render().splitlines()) < 12


@pytest.mark.parametrize("letter", ["\x00", "\x1b", "\u202e", "\u200b", "\ud800", "\x7f"])
def test_characters_that_are_in_no_sentence(letter: str) -> None:
    said = refused(f"Is Mary {letter}stronger than Tom?").render()
    assert letter not in said


@pytest.mark.parametrize(
    "say",
    [
        "x" * 100_000, "Tom " * 20_000, "Tom and " * 30 + "Sue are strong.", "very " * 59 + "strong", "(" * 500,
        "Tom's " * 50 + "strength", "not " * 59, "if " * 59, "Who " * 59, "the " * 59,
        "Tom beat Sue and " * 14 + "Ann beat Bob.",         "players who beat " * 19 + "Tom are lazy.",
        "Tom is strong and lazy or " * 9 + "weak.",

               "A B C D E F G H I J K L M N O P",
        "Is Tom stronger than " + "the strongest player on the team of " * 8 + "Ann?", "1 2 3 " * 19,
    ],
)  # fmt: skip
def test_nothing_takes_long(say: str) -> None:
    def read() -> None:
        for sentence in (say, say + "?"):
            with contextlib.suppress(PlotError):
                split_sentences(sentence)
                translate(sentence)

    assert effort(read) < MOST_EFFORT


def test_a_long_sentence_is_read_at_once() -> None:
    say = (
        "Tom and Sue and the strongest player on the faculty team are much stronger than the weakest player "
        "who lost to John and Mary in the first match."
    )
    translate(say)
    assert effort(lambda: translate(say)) < MOST_EFFORT


def test_translations_do_not_depend_on_what_was_asked_before() -> None:
    first = Grammar().translate("Some player beat everyone.", Discourse(WORLD))
    assert GRAMMAR.translate("Some player beat everyone.", Discourse(WORLD)) == first


def test_a_world_without_words_is_spoken_of_by_the_grammar_alone() -> None:
    bare = WorldSpec.parse("name: coin\nmodel: heads = flip(0.5)\n")
    with pytest.raises(PlotError):
        translate("Is it heads?", world=bare)
    with pytest.raises(PlotError):
        translate("Who is stronger?", world=bare)
