"""The pipeline: utterances become readings, readings become one program, inference answers."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from plot._lazy import late
from plot.answers import Answer, Belief, PictureSource, Utterance, make_answer
from plot.answers.ambiguity import LEAST, MOST_SHOWN, Ambiguity, AnswerUnderReading
from plot.answers.answer import Alternative
from plot.answers.picture import one_line
from plot.answers.why import Search, asking_why
from plot.errors import ImpossibleError, PlotError, joined
from plot.inference import Goal, Marginal, Number, Problem, State, infer
from plot.language import parse
from plot.language.syntax.budget import amount_in_words
from plot.text import clean
from plot.translate.assemble import Block, alone, assemble, context_of, names_in, site_label, united
from plot.translate.base import Discourse, Paraphrase, Reading, Told, Translator
from plot.translate.english.paraphrase import paraphrase
from plot.translate.english.reliability import reading_probability, risky
from plot.translate.grammar import Grammar, about_nobody, split_sentences
from plot.translate.readings import settle
from plot.translate.spelling import same_words, spelling
from plot.translate.stages import pooled
from plot.world import WorldSpec

if TYPE_CHECKING:
    from plot.inference.posterior import worlds
    from plot.pictures import seeing
else:
    seeing = late("plot.pictures.seeing")
    worlds = late("plot.inference.posterior.worlds")

FEW_NAMES = 3
MOST_STATES = 2  # of the inference that are kept, of some tens of megabytes: of who was told of, and of one more list
MOST_ANSWERS = 8  # that are remembered: pictures of each are drawn from its particles, some megabytes
HEADLINE = 0.5  # of the time for an answer, where other readings of the question are to be answered too
BEFORE_REASONS = 0.6  # of the time for an answer, where it is to have reasons too


class World(WorldSpec):
    """A world that one can talk to: `World.load("tugofwar").conversation()`."""

    def conversation(
        self,
        *,
        facts: bool = True,
        translators: Sequence[Translator] | None = None,
        goal: Goal | None = None,
        method: str = "auto",
    ) -> Conversation:
        """Return a new conversation.

        Args:
            facts: Whether the facts of the world's file are told first.
            translators: Who translates, each with the same weight; by default the grammar.
            goal: How precise answers have to be, and what they may cost.
            method: The inference method: `auto`, or a name of `plot.inference.METHODS`.
        """
        said = self.facts if facts else ()
        talk = Conversation(self, translators or (Grammar(),), goal or Goal(), method)
        for fact in said:
            talk.tell(fact)
        return talk


class Conversation:
    """A conversation about a world: evidence that was told, and questions.

    `tell` and `see` add to it; `ask` and `suppose` leave it as it is, and so does what fails.

    Args:
        world: The world.
        translators: Who translates, at least one.
        goal: How precise answers have to be, and what they may cost.
        method: The inference method: `auto`, or a name of `plot.inference.METHODS`.
    """

    def __init__(self, world: World, translators: Sequence[Translator], goal: Goal, method: str = "auto") -> None:
        self.world = world
        self.goal = goal
        self.method = method
        self._translators = tuple(translators)
        self._discourse = Discourse(world)
        self._states: dict[tuple[str, ...], State] = {}  # by the names that the program knew, the last one last
        self._answers: dict[Hashable, Answer] = {}

    @property
    def told(self) -> tuple[Told, ...]:
        """The utterances so far with their readings."""
        return self._discourse.told

    @property
    def names(self) -> tuple[str, ...]:
        """The individuals in the order in which they were mentioned."""
        return self._discourse.names

    # -- saying and asking -----------------------------------------------------------------------------

    def tell(self, text: str) -> tuple[Told, ...]:
        """Add what one or more sentences say, all or nothing.

        Args:
            text: The sentences.

        Returns:
            The sentences with their readings.

        Raises:
            PlotError: One is a question, or no translator can read it.
        """
        discourse = self._discourse
        said: list[Told] = []
        for sentence in _sentences(text):
            found = self._read(sentence, discourse)
            if found.act == "question":
                raise PlotError(
                    f"“{clean(sentence)}” is a question", hint="use ask for questions; tell is for statements"
                )
            discourse = _extended(discourse, found)
            said.append(found)
        self._go_on(discourse)
        return tuple(said)

    def see(self, path: str | Path) -> Told:
        """Add what a picture of the world shows, as an observation of how much of it has which colour.

        Args:
            path: The file of the picture.

        Returns:
            The observation as it was told.

        Raises:
            PlotError: The file is no such picture, or the world does not say what a picture of it shows.
        """
        seen = seeing.observed(self.world, path)
        self._go_on(_extended(self._discourse, seen))
        return seen

    def add(self, told: Told) -> None:
        """Add an utterance whose readings were found before, as by `translate`.

        Args:
            told: The utterance with its readings; a question is left out.
        """
        if told.act != "question":
            self._go_on(_extended(self._discourse, told))

    @property
    def discourse(self) -> Discourse:
        """What was said, as translators see it."""
        return self._discourse

    def ask(self, text: str, *, readings: bool = False) -> Answer:
        """Answer a question from all that was told.

        The same question again has the same answer: the last ones are remembered until more is told.

        Args:
            text: The question; sentences before it hold for this question only.
            readings: Whether to answer also under each reading of what was said in several senses, which takes an
                inference for each.

        Returns:
            The answer.

        Raises:
            PlotError: No translator can read it, or it is not a question.
            ImpossibleError: What was told contradicts itself.
            UnlikelyError: What was told is too improbable for the method to have met it.
            BudgetError: A budget ended before there was anything to report.
        """
        answers, key = self._answers, (text, readings, self.goal, self.method)
        if key in answers:
            return answers[key]
        answer = self._asked(text, readings)
        if self._answers is answers and not _was_interrupted(answer):
            self._answers = dict([*answers.items(), (key, answer)][-MOST_ANSWERS:])
        return answer

    def _asked(self, text: str, readings: bool) -> Answer:
        *before, question = _sentences(text)
        talk = self._timed()
        if before:
            talk.tell(" ".join(before))
        found = talk._read(question, talk._discourse)
        if found.act != "question":
            raise PlotError(
                f"“{clean(question)}” is not a question", hint="use tell for statements, or end it with a question mark"
            )
        talk._refuse_nobody(found.readings)
        first, *others = [alone(found, reading) for reading in found.readings]
        answer, state = talk._answer(first, HEADLINE if others else 1.0)
        if state is not None:
            talk._states = _with_state(talk._states, talk._names_for(first), state)
            self._states = talk._states if not before else self._states
        answer = replace(answer, utterances=(*answer.utterances[:-1], _asked_as(found)))
        if others:
            answer = replace(answer, alternatives=talk._alternatives(found, others))
        return replace(answer, ambiguities=talk._ambiguities(first, answer)) if readings else answer

    def _alternatives(self, found: Told, others: Sequence[Told]) -> tuple[Alternative, ...]:
        """Return the less likely readings of a question, each with its answer under the same told facts."""
        answered: list[Alternative] = []
        for number, other in enumerate(others):
            reading = _belief(found.readings[number + 1], found.readings[number + 1].weight)
            try:
                answer, _ = self._answer(other, 1 / (len(others) - number))
                answered.append(Alternative(reading, answer))
            except PlotError as error:
                answered.append(Alternative(reading, failed=error.message))
        return tuple(answered)

    def suppose(self, text: str) -> Conversation:
        """Return a copy of the conversation in which something was told as well; this one stays as it is.

        Args:
            text: The sentences that hold in the copy.
        """
        other = self._copy(self.goal)
        other.tell(text)
        return other

    def _timed(self) -> Conversation:
        """Return a copy of the conversation for one question, whose time begins now."""
        return self._copy(self.goal.started())

    def _copy(self, goal: Goal) -> Conversation:
        other = Conversation(self.world, self._translators, goal, self.method)
        other._discourse, other._states = self._discourse, self._states
        return other

    def translate(self, text: str) -> tuple[Told, ...]:
        """Return sentences with the readings that they would have if they were said now, and add nothing.

        Args:
            text: The sentences.
        """
        discourse = self._discourse
        said: list[Told] = []
        for sentence in _sentences(text):
            found = self._read(sentence, discourse)
            discourse = discourse if found.act == "question" else _extended(discourse, found)
            said.append(found)
        return tuple(said)

    def program(self, question: str | None = None) -> str:
        """Return the whole program as text: the world, the evidence, and the question if there is one.

        Args:
            question: A question whose code ends the program.
        """
        asked = alone(self._read(question, self._discourse)) if question is not None else None
        return assemble(self._discourse, asked).text

    def _go_on(self, discourse: Discourse) -> None:
        """Let more have been said; what was answered before was another question."""
        self._discourse, self._answers = discourse, {}

    def _refuse_nobody(self, asked: Sequence[Reading]) -> None:
        """Refuse a question about all who were mentioned where no one was."""
        if about_nobody(asked, self._discourse):
            hint = "name them in the question, or tell something first"
            raise PlotError("nobody has been mentioned yet", hint=hint)

    # -- from words to one program ----------------------------------------------------------------------

    def _read(self, sentence: str, discourse: Discourse) -> Told:
        """Return a sentence with its readings from all translators; the invalid are dropped, the equal merged."""
        readings, failures = pooled(self._translators, sentence, discourse)
        if not readings:
            raise joined(failures)
        names = united(discourse.names, (name for reading in readings for name in reading.names))
        try:
            settled = settle(
                _of_one_act(readings),
                context_of(discourse, names),
                source=_source(discourse, readings),
                utterance=sentence,
                names=names,
                seed=self.goal.seed,
                budget=self.goal.started().budget,
            )
        except PlotError:
            self._refuse_nobody(readings)
            raise
        found = tuple(replace(one, understood=paraphrase(one, discourse, sentence)) for one in settled.readings)
        return Told(sentence, found[0].act, found)

    def _hint(self, asked: Told) -> str | None:
        """Say who was mentioned where something contradictory may be about all of them, and these are few."""
        lists = set(self.world.name_lists)
        about_all = any(
            lists & set(names_in(parse(reading.code))) for told in self._discourse.told for reading in told.readings
        )
        names = _spellings(self._discourse, asked)
        if not about_all or len(names) > FEW_NAMES:
            return None
        return f"only {', '.join(names.values())} {'was' if len(names) == 1 else 'were'} mentioned: name all others too"

    # -- from the program to the answer -----------------------------------------------------------------

    def _answer(self, asked: Told, share: float = 1.0) -> tuple[Answer, State | None]:
        """Return the answer to a question of one reading, and the state of the inference to continue from.

        `share` is how much of the time that is left it may take.
        """
        assembled = assemble(self._discourse, asked)
        problem = assembled.problem()
        reading = asking_why(asked.readings)
        goal = self.goal.started()
        goal = goal if share == 1 else goal.within(share)
        try:
            aim = goal if reading is None else goal.within(BEFORE_REASONS)
            posterior, state = infer(problem, aim, self.method, self._state_for(self._names_for(asked)))
        except ImpossibleError as error:
            raise ImpossibleError(error.message, hint=self._hint(asked) or error.hint, where=error.where) from None
        beliefs = iter(posterior.marginals[1:])
        said = [*assembled.blocks, *([assembled.question] if assembled.question is not None else [])]
        utterances = [_utterance(item, beliefs) for item in said]
        why = Search(assembled, reading, goal, state).why() if reading is not None else None
        sites = {site_label(name, assembled.sites): shown for name, shown in posterior.sites.items()}
        answer = make_answer(
            asked.say,
            posterior.marginals[0],
            replace(posterior, sites=sites),
            utterances=utterances,
            seed=self.goal.seed,
            names=_spellings(self._discourse, asked),
            program=assembled.text,
            warnings=self._notes(asked),
            source=self._source(problem, state),
            why=why,
        )
        return answer, state

    def _names_for(self, asked: Told) -> tuple[str, ...]:
        """Return the names that the program of a question knows."""
        return united(self._discourse.names, (name for reading in asked.readings for name in reading.names))

    def _state_for(self, names: tuple[str, ...]) -> State | None:
        """Return the state to continue from: that of a question with the same names, else the last one."""
        return self._states.get(names) or next(reversed(self._states.values()), None)

    def _notes(self, asked: Told) -> list[str]:
        """Return what one should know of the budgets and of the wording."""
        said = [*self._discourse.told, asked]
        return [*self._raised(), *_often_misread(said), *_passed_over(said), *_assumed(asked)]

    def _raised(self) -> list[str]:
        """Say which budgets the file of the world raises: what it asks may take longer, or more memory, than others."""
        found = []
        for name, (most, usual) in self.world.budget.raised().items():
            if getattr(self.goal.budget, name) == most:
                amounts = f"{amount_in_words(name, most)} (else it is {amount_in_words(name, usual)})"
                found.append(f"this world's file raises the budget of {name} to {amounts}")
        return found

    def _ambiguities(self, asked: Told, answer: Answer) -> tuple[Ambiguity, ...]:
        """Return the utterances of several readings with the answer under each that is not ruled out."""
        said, found = [*self._discourse.told, asked], []
        for place, shown in enumerate(answer.utterances[:-1]):
            beliefs = list(zip(said[place].readings, shown.readings, strict=False))
            likely = sorted(
                (pair for pair in beliefs if pair[1].posterior >= LEAST), key=lambda pair: -pair[1].posterior
            )
            if len(likely) > 1:
                under = [self._under(said, place, *pair) for pair in likely[:MOST_SHOWN]]
                found.append(Ambiguity(shown.say, tuple(under)))
        if answer.alternatives:
            found.append(_of_question(answer))
        return tuple(found)

    def _under(self, said: Sequence[Told], place: int, reading: Reading, belief: Belief) -> AnswerUnderReading:
        """Return the answer if an utterance was meant in one sense."""
        alone = replace(said[place], readings=(replace(reading, weight=1.0),))
        *told, asked = [alone if number == place else one for number, one in enumerate(said)]
        other = Conversation(self.world, self._translators, self.goal.afresh(), self.method)
        other._discourse = replace(self._discourse, told=tuple(told))
        answer, _ = other._answer(asked)
        return AnswerUnderReading(belief.paraphrase, belief.posterior, answer.answer, answer.marginal)

    def _source(self, problem: Problem, state: State | None) -> PictureSource | None:
        """Return what pictures of an answer are drawn from; worlds are sampled when one is."""
        picture, goal = self.world.picture, self.goal.afresh()
        if picture is None:
            return None
        return PictureSource(picture, lambda count: worlds.draw_worlds(problem, picture.query, goal, count, state))


def _often_misread(said: Sequence[Told]) -> list[str]:
    """Return warnings about utterances whose likeliest reading uses a construction that was often judged wrong."""
    return [
        f"“{clean(told.say)}” is worded in a way that is often misread: check what it was understood as"
        for told in said
        if risky(told.readings[0].constructions)
    ]


def _passed_over(said: Sequence[Told]) -> list[str]:
    """Return notes on the words that a world ignores in the evidence and the question."""
    found = {word: told.say for told in said for reading in told.readings for word in reading.ignored}
    return [
        f"“{clean(word)}” says nothing in this world, and is passed over in “{clean(say)}”"
        for word, say in found.items()
    ]


def _assumed(asked: Told) -> list[str]:
    """Return a note on what a question takes for granted that there is."""
    found = dict.fromkeys(thing for reading in asked.readings for thing in reading.assumed)
    return [f"this takes for granted that there is {clean(' and '.join(found))}"] if found else []


def _with_state(
    states: Mapping[tuple[str, ...], State], names: tuple[str, ...], state: State
) -> dict[tuple[str, ...], State]:
    """Return the states with that of the last question; those that were not gone on from for longest are dropped."""
    others = [(known, one) for known, one in states.items() if known != names]
    return dict([*others, (names, state)][-MOST_STATES:])


def _was_interrupted(answer: Answer) -> bool:
    """Return whether somebody ended the inference, and may want it to go on when they ask again."""
    return answer.stopped_by == "interrupted"


def _sentences(text: str) -> list[str]:
    """Return the sentences of a text. Raises PlotError where there is none."""
    found = [sentence for sentence in split_sentences(text) if sentence.strip()]
    if not found:
        raise PlotError("the utterance is empty", hint="write a statement or a question")
    return found


def _extended(discourse: Discourse, told: Told) -> Discourse:
    """Return the discourse after an utterance; what was mentioned last is the most salient."""
    mentioned = [name for reading in told.readings for name in reading.names]
    return replace(
        discourse,
        told=(*discourse.told, told),
        names=united(discourse.names, mentioned),
        events=discourse.events + max(reading.events for reading in told.readings),
        salient=united(tuple(reversed(mentioned)), discourse.salient),
    )


def _of_one_act(readings: Sequence[Reading]) -> list[Reading]:
    """Return the readings of the likeliest act: one utterance does not tell and ask at once."""
    weights: dict[bool, float] = {}
    for reading in readings:
        asks = reading.act == "question"
        weights[asks] = weights.get(asks, 0.0) + reading.weight
    asks = max(weights, key=lambda act: weights[act])
    return [reading for reading in readings if (reading.act == "question") == asks]


def _source(discourse: Discourse, readings: Sequence[Reading]) -> str:
    """Return what errors call the code of an utterance."""
    return "question" if readings[0].act == "question" else f"utterance {len(discourse.told) + 1}"


def _utterance(item: Block, beliefs: Iterator[Marginal]) -> Utterance:
    """Return an utterance with what is believed of its readings, the next of `beliefs` where there are several."""
    shares = {0: 1.0}
    if item.site is not None:
        marginal = next(beliefs)
        assert isinstance(marginal, Number)
        shares = {int(low): share for low, _, share in marginal.histogram}
    readings = tuple(_belief(reading, shares.get(number, 0.0)) for number, reading in enumerate(item.said.readings))
    return Utterance(item.said.say, item.said.act, readings)


def _asked_as(found: Told) -> Utterance:
    """Return a question with its readings: nothing that it supposes makes one of them likelier."""
    return Utterance(found.say, found.act, tuple(_belief(one, one.weight) for one in found.readings))


def _belief(reading: Reading, posterior: float) -> Belief:
    """Return a reading with how likely it is after inference."""
    own = reading.paraphrase
    understood = reading.understood or Paraphrase(own or one_line(reading.code), literal=own is None)
    return Belief(
        reading.code,
        reading.weight,
        posterior,
        _translators_of(reading),
        paraphrase=understood.text,
        literal=understood.literal,
        reliability=reading_probability(reading.constructions) if reading.constructions else 1.0,
        own_words=own if own is not None and not same_words(own, understood.text) else None,
    )


def _of_question(answer: Answer) -> Ambiguity:
    """Return the readings of a question with the answer under each that has one."""
    headline = answer.utterances[-1].readings[0]
    options = [AnswerUnderReading(headline.paraphrase, headline.posterior, answer.answer, answer.marginal)]
    for one in answer.alternatives[: MOST_SHOWN - 1]:
        if one.answer is not None:
            options.append(
                AnswerUnderReading(
                    one.reading.paraphrase, one.reading.posterior, one.answer.answer, one.answer.marginal
                )
            )
    return Ambiguity(answer.question, tuple(options))


def _translators_of(reading: Reading) -> str:
    """Name all who found this meaning."""
    return ", ".join(dict.fromkeys([reading.translator, *(other.translator for other in reading.merged)]))


def _spellings(discourse: Discourse, asked: Told) -> Mapping[str, str]:
    """Return how people wrote the names of the program: as where one first stands with a capital letter."""
    said = " ".join([*(told.say for told in discourse.told), asked.say])
    names = united(discourse.names, (name for reading in asked.readings for name in reading.names))
    return {name: spelling(name, said) for name in names}
