"""The pipeline: utterances become readings, readings become one program, inference answers."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast, overload

from plot._lazy import late
from plot.answers import Answer, Belief, PictureSource, SampleSource, make_answer
from plot.answers.ambiguity import LEAST, MOST_SHOWN, Ambiguity, AnswerUnderReading
from plot.answers.answer import Alternative, count_of
from plot.answers.beliefs import (
    ambiguity_of,
    asked_as,
    assumed,
    belief_of,
    believed_utterance,
    often_misread,
    only_mentioned,
    passed_over,
    raised_budgets,
    spellings,
    unsure,
)
from plot.answers.causal import CausalSearch
from plot.answers.why import Search, asking_why
from plot.answers.words import speller
from plot.errors import ImpossibleError, PlotError, joined
from plot.html import Rich
from plot.inference import Goal, Problem, State, infer
from plot.inference.contract import with_state
from plot.text import clean
from plot.translate.assemble import alone, assemble, context_of, site_label, united, without_told
from plot.translate.at_once import at_once
from plot.translate.base import Discourse, Reading, Told, Translator, extended, of_one_act, parted
from plot.translate.english.paraphrase import paraphrase
from plot.translate.english.rules import assumptions
from plot.translate.grammar import Grammar, refuse_no_others, refuse_nobody
from plot.translate.readings import settle
from plot.translate.said import defined_noun, sentences_of, text_of, texts_of
from plot.translate.stages import pooled
from plot.world import WorldSpec

if TYPE_CHECKING:
    import asyncio

    from xarray import DataTree

    from plot.answers import datatree, notebook, samples
    from plot.answers import shifts as shifting
    from plot.answers.samples import JointSamples
    from plot.answers.shifts import Shift
    from plot.building import knowledge, saving
    from plot.inference.posterior import worlds
    from plot.pictures import seeing
else:
    asyncio = late("asyncio")
    datatree = late("plot.answers.datatree")
    notebook = late("plot.answers.notebook")
    samples = late("plot.answers.samples")
    knowledge = late("plot.building.knowledge")
    saving = late("plot.building.saving")
    seeing = late("plot.pictures.seeing")
    shifting = late("plot.answers.shifts")
    worlds = late("plot.inference.posterior.worlds")

MOST_ANSWERS = 8  # that are remembered: pictures of each are drawn from its particles, some megabytes
HEADLINE = 0.5  # of the time for an answer, where other readings of the question are to be answered too
BEFORE_REASONS = 0.6  # of the time for an answer, where it is to have reasons too


class World(WorldSpec, Rich):
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
        talk = Conversation(self, translators or (Grammar(),), goal or Goal(), method)
        for fact in self.facts if facts else ():
            talk.tell(fact)
        talk._earlier = ()
        return talk

    def _repr_html_(self) -> str:
        return notebook.world_html(self)

    def __repr__(self) -> str:
        return f"<World {self.name!r}: {clean(self.description)}>"

    __str__ = __repr__


class Conversation(Rich):
    """A conversation about a world: evidence that was told, and questions.

    `tell` and `see` add to it, and `undo` takes back; `ask` and `suppose` leave it as it is, and so does what fails.

    Args:
        world: The world.
        translators: Who translates, at least one.
        goal: How precise answers have to be, and what they may cost.
        method: The inference method: `auto`, or a name of `plot.inference.METHODS`.
    """

    def __init__(self, world: World, translators: Sequence[Translator], goal: Goal, method: str = "auto") -> None:
        self._base = world  # before what was told extended it
        self.goal = goal
        self.method = method
        self._translators = tuple(translators)
        self._discourse = Discourse(world)
        self._states: dict[tuple[str, ...], State] = {}  # by the names that the program knew, the last one last
        self._answers: dict[Hashable, Answer] = {}
        self._prepared: dict[str, tuple[Discourse, Told] | PlotError] = {}  # questions that were translated ahead
        self._earlier: tuple[Discourse, ...] = ()  # what undo goes back to, the last one last

    @property
    def world(self) -> World:
        """The world, with what knowledge that was told adds to it."""
        return cast("World", self._discourse.world)

    @property
    def told(self) -> tuple[Told, ...]:
        """The utterances so far with their readings."""
        return self._discourse.told

    @property
    def names(self) -> tuple[str, ...]:
        """The individuals in the order in which they were mentioned."""
        return self._discourse.names

    # -- saying and asking -----------------------------------------------------------------------------

    def tell(self, text: str, *, revise: bool = False) -> tuple[Told, ...]:
        """Add what one or more sentences say, all or nothing.

        Knowledge of a form of `plot build` extends the world: *kids are half as strong*, *each player has a speed, …*.

        Args:
            text: The sentences.
            revise: Whether knowledge replaces what it contradicts, which is an error otherwise.

        Returns:
            The sentences with their readings.

        Raises:
            PlotError: One is a question, contradicts earlier knowledge, or no translator can read it.
        """
        discourse = self._discourse
        said: list[Told] = []
        for sentence in sentences_of(text_of(text)):
            found, discourse = self._heard(sentence, discourse, revise=revise)
            if found.act == "question":
                hint = "use ask for questions; tell is for statements"
                raise PlotError(f"“{clean(sentence)}” is a question", hint=hint)
            discourse = extended(discourse, found)
            said.append(found)
        self._go_on(discourse)
        return tuple(said)

    def shifts(self) -> tuple[Shift, ...]:
        """Return the beliefs about those who were spoken of that the last thing told changed by extending the world.

        Returns:
            The beliefs that changed by more than their errors, none where the world was not extended.
        """
        before = self._earlier[-1] if self._earlier else self._discourse
        return shifting.shifts(before, self._discourse, self.goal.afresh(), speller(spellings(self._discourse)))

    def saved_world(self, name: str | None = None) -> str:
        """Return the file of the world with the knowledge that extends it; what else was told are its facts.

        Args:
            name: What the world is called; by default as before.

        Returns:
            The YAML text, which `World.parse` reads.

        Raises:
            PlotError: Something was told that only a language model reads.
        """
        return saving.saved_world(self._base, self._discourse, name)

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
        self._go_on(extended(self._discourse, seen))
        return seen

    def add(self, told: Told) -> None:
        """Add an utterance whose readings were found before, as by `translate`.

        Args:
            told: The utterance with its readings; a question is left out.
        """
        if told.act == "knowledge" and knowledge.extends_world(told):
            self.tell(told.say, revise=True)
        elif told.act != "question":
            self._go_on(extended(self._discourse, told))

    @property
    def discourse(self) -> Discourse:
        """What was said, as translators see it."""
        return self._discourse

    @overload
    def ask(self, text: str, *, readings: bool = ...) -> Answer: ...

    @overload
    def ask(self, text: list[str] | tuple[str, ...], *, readings: bool = ...) -> tuple[Answer, ...]: ...

    def ask(self, text: str | list[str] | tuple[str, ...], *, readings: bool = False) -> Answer | tuple[Answer, ...]:
        """Answer a question, or several, from all that was told.

        The same question again has the same answer: the last ones are remembered until more is told.

        Args:
            text: The question; sentences before it hold for this question only. Or several questions, each by itself.
            readings: Whether to answer also under each reading of what was said in several senses, which takes an
                inference for each.

        Returns:
            The answer, or a tuple of answers in the order of the questions.

        Raises:
            PlotError: No translator can read it, or it is not a question.
            ImpossibleError: What was told contradicts itself.
            UnlikelyError: What was told is too improbable for the method to have met it.
            BudgetError: A budget ended before there was anything to report.
        """
        if isinstance(text, (list, tuple)):
            self.prepare([one for one in texts_of(text) if self._key(one, readings) not in self._answers])
            return tuple([self.ask(one, readings=readings) for one in text])
        answers, key = self._answers, self._key(text_of(text), readings)
        if key in answers:
            return answers[key]
        answer = self._asked(text, readings)
        if self._answers is answers and answer.stopped_by != "interrupted":  # else it may go on
            self._answers = dict([*answers.items(), (key, answer)][-MOST_ANSWERS:])
        return answer

    def _key(self, text: str, readings: bool) -> Hashable:
        return text, readings, self.goal, self.method

    def prepare(self, questions: Sequence[str]) -> None:
        """Translate questions that will be asked, so that language models are asked about all of them at once.

        Why one can't be read is told when it is asked.

        Args:
            questions: The questions; sentences before one hold for it only.
        """
        texts = [text for text in dict.fromkeys(texts_of(questions)) if text not in self._prepared]
        self._prepared |= dict(zip(texts, at_once(self._understood, texts, self.names), strict=True))

    def _understood(self, text: str) -> tuple[Discourse, Told]:
        """Return a question with its readings, and what was said before it, the sentences of its own included."""
        *before, question = sentences_of(text)
        talk = self._copy(self.goal)
        if before:
            talk.tell(" ".join(before))
        found = talk._read(question, talk._discourse)
        if found.act != "question":
            hint = "use tell for statements, or end it with a question mark"
            raise PlotError(f"“{clean(question)}” is not a question", hint=hint)
        return talk._discourse, found

    def _asked(self, text: str, readings: bool) -> Answer:
        talk = self._timed()
        read = self._prepared.pop(text, None) or talk._understood(text)
        if isinstance(read, PlotError):
            raise read
        talk._discourse, found = read
        refuse_nobody(found.readings, talk._discourse)
        refuse_no_others(talk._discourse, found, spellings(talk._discourse, found))
        first, *others = [alone(found, reading) for reading in found.readings]
        answer, state = talk._answer(first, HEADLINE if others else 1.0)
        if state is not None:
            talk._states = with_state(talk._states, talk._names_for(first), state)
            self._states = talk._states if talk._discourse is self._discourse else self._states
        answer = replace(answer, utterances=(*answer.utterances[:-1], asked_as(found)))
        if others:
            answer = replace(answer, alternatives=talk._alternatives(found, others))
        return replace(answer, ambiguities=talk._ambiguities(first, answer)) if readings else answer

    def _alternatives(self, found: Told, others: Sequence[Told]) -> tuple[Alternative, ...]:
        """Return the less likely readings of a question, each with its answer under the same told facts."""
        answered: list[Alternative] = []
        for number, other in enumerate(others):
            reading = belief_of(found.readings[number + 1], found.readings[number + 1].weight)
            try:
                answer, _ = self._answer(other, 1 / (len(others) - number))
                answered.append(Alternative(reading, answer))
            except PlotError as error:
                answered.append(Alternative(reading, failed=error.message))
        return tuple(answered)

    async def aask(self, text: str, *, readings: bool = False) -> Answer:
        """Answer a question as `ask` does, on a thread of its own: an event loop goes on meanwhile.

        A cancelled task is over at once; its inference ends with its budget of seconds.

        Args:
            text: The question; sentences before it hold for this question only.
            readings: Whether to answer also under each reading of what was said in several senses.

        Returns:
            The answer.
        """
        other = self.copy()
        answer: Answer = await asyncio.to_thread(other.ask, text_of(text), readings=readings)
        if self._discourse is other._discourse:
            self._answers, self._states = other._answers, other._states
        return answer

    def suppose(self, text: str) -> Conversation:
        """Return a copy of the conversation in which something was told as well; this one stays as it is.

        Args:
            text: The sentences that hold in the copy.
        """
        other = self.copy()
        other.tell(text)
        return other

    def copy(self) -> Conversation:
        """Return a conversation that goes on from here by itself; what either is told, the other does not know."""
        other = self._copy(self.goal)
        other._answers, other._earlier = self._answers, self._earlier
        return other

    def undo(self) -> tuple[Told, ...]:
        """Take back what was told last, all of one `tell`, `see` or `add`.

        Returns:
            The utterances that were taken back.

        Raises:
            PlotError: Nothing has been told since the conversation began.
        """
        if not self._earlier:
            raise PlotError("there is nothing to undo", hint="nothing has been told since the conversation began")
        *earlier, before = self._earlier
        gone = tuple(told for told in self._discourse.told if told not in before.told)
        self._discourse, self._earlier, self._states, self._answers = before, tuple(earlier), {}, {}
        self._prepared = {}
        return gone

    def samples(self, questions: Sequence[str], count: int = 1_000) -> JointSamples:
        """Return draws of several questions from their joint posterior: row by row from the same worlds.

        Args:
            questions: The questions, none of which supposes anything; each is taken in its likeliest reading.
            count: How many draws.

        Returns:
            The draws by question, with correlations and scatter plots.

        Raises:
            PlotError: A question is none, supposes something, or asks for a list of names; or inference fails.
        """
        asked = self._questions(questions)
        return samples.joint_samples(
            self._discourse, asked, self.goal.afresh(), count, speller(spellings(self._discourse, *asked))
        )

    def posterior(
        self, variables: Sequence[str] | None = None, *, questions: Sequence[str] = (), draws: int = 500
    ) -> DataTree:
        """Return the posterior in ArviZ's form, which needs `pip install 'plot-ppl[arviz]'`.

        Args:
            variables: Names of variables (`strength`, `strength(tom)`) or expressions of the model; by default all
                latent variables that what was told, or else the questions, depend on.
            questions: Questions that are answered in the same worlds.
            draws: How many draws each of four chains has.

        Returns:
            An xarray DataTree with the groups posterior, prior (without what was told), sample_stats, and, where there
            are questions, posterior_predictive. Draws are resampled from weighted particles, so that their effective
            sample size is what `attrs["ess"]` of each variable says, not what autocorrelation shows.

        Raises:
            PlotError: A variable is not known, a library is missing, or inference fails.
        """
        asked = self._questions(questions)
        names = None if variables is None else texts_of(variables)
        goal, spell = self.goal.afresh(), speller(spellings(self._discourse, *asked))
        return datatree.posterior_tree(self._discourse, names, asked, goal, count_of(draws), spell)

    def _questions(self, questions: Sequence[str]) -> list[Told]:
        """Return questions with their readings. Raises PlotError for what is none."""
        said = [one for text in texts_of(questions) for one in sentences_of(text)]
        asked: list[Told] = []
        for told in at_once(lambda one: self._read(one, self._discourse), said, self.names):
            if isinstance(told, PlotError):
                raise told
            asked.append(told)
            if told.act != "question":
                raise PlotError(f"“{clean(told.say)}” is not a question", hint="end it with a question mark")
        return asked

    def _timed(self) -> Conversation:
        """Return a copy of the conversation for one question, whose time begins now."""
        return self._copy(self.goal.started())

    def _copy(self, goal: Goal) -> Conversation:
        other = Conversation(self._base, self._translators, goal, self.method)
        other._discourse, other._states = self._discourse, self._states
        return other

    def translate(self, text: str) -> tuple[Told, ...]:
        """Return sentences with the readings that they would have if they were said now, and add nothing.

        Args:
            text: The sentences.
        """
        discourse = self._discourse
        said: list[Told] = []
        for sentence in sentences_of(text_of(text)):
            found, discourse = self._heard(sentence, discourse, revise=True)
            discourse = discourse if found.act == "question" else extended(discourse, found)
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
        self._earlier = (*self._earlier, self._discourse)
        self._states = self._states if discourse.world is self._discourse.world else {}
        self._discourse, self._answers, self._prepared = discourse, {}, {}

    def _repr_html_(self) -> str:
        return notebook.conversation_html(self.world, self.told, self.names)

    def __repr__(self) -> str:
        said = f"{len(self.told)} told" + (f"; mentioned: {', '.join(self.names)}" if self.names else "")
        return f"<Conversation about {self.world.name!r}: {said}>"

    # -- from words to one program ----------------------------------------------------------------------

    def _heard(self, sentence: str, discourse: Discourse, *, revise: bool = False) -> tuple[Told, Discourse]:
        """Return a sentence with its readings, and the discourse that it is added to, whose world it may extend."""
        if defined_noun(sentence) is not None:
            discourse = knowledge.without_clash(self._base, discourse, sentence, revise=revise)
        try:
            return self._read(sentence, discourse), discourse
        except PlotError as error:
            return knowledge.as_knowledge(self._base, discourse, sentence, error, revise=revise)

    def _read(self, sentence: str, discourse: Discourse) -> Told:
        """Return a sentence with its readings from all translators; the invalid are dropped, the equal merged."""
        found, failures = pooled(self._translators, sentence, discourse)
        if not found:
            raise joined(failures)
        readings, silent = parted(found)
        if silent is not None and not readings:
            return Told(sentence, "nothing", (replace(silent, weight=1.0),))
        names = united(discourse.names, (name for reading in readings for name in reading.names))
        try:
            settled = settle(
                of_one_act(readings),
                context_of(discourse, names),
                source="question" if readings[0].act == "question" else f"utterance {len(discourse.told) + 1}",
                utterance=sentence,
                names=names,
                seed=self.goal.seed,
                budget=self.goal.started().budget,
            )
        except PlotError:
            refuse_nobody([replace(one, act="question") for one in readings], self._discourse)
            raise
        said = tuple(replace(one, understood=paraphrase(one, discourse, sentence)) for one in settled.readings)
        if silent is not None:
            said = (*(replace(one, weight=one.weight * (1 - silent.weight)) for one in said), silent)
        return Told(sentence, said[0].act, said)

    # -- from the program to the answer -----------------------------------------------------------------

    def _answer(self, asked: Told, share: float = 1.0) -> tuple[Answer, State | None]:
        """Return the answer to a question of one reading, and the state of the inference to continue from.

        `share` is how much of the time that is left it may take.
        """
        assembled = assemble(without_told(self._discourse, asked), asked)
        problem = assembled.problem()
        reading = asking_why(asked.readings)
        goal = self.goal.started() if share == 1 else self.goal.started().within(share)
        try:
            aim = goal if reading is None else goal.within(BEFORE_REASONS)
            posterior, state = infer(problem, aim, self.method, self._state_for(self._names_for(asked)))
        except ImpossibleError as error:
            raise ImpossibleError(
                error.message,
                hint=only_mentioned(self._discourse, spellings(self._discourse, asked)) or error.hint,
                where=error.where,
            ) from None
        beliefs = iter(posterior.marginals[1 + len(assembled.compared) :])
        said = [*assembled.blocks, *([assembled.question] if assembled.question is not None else [])]
        utterances = [believed_utterance(item, beliefs) for item in said]
        why = Search(assembled, reading, goal, state).why() if reading is not None else None
        sites = {site_label(name, assembled.sites): shown for name, shown in posterior.sites.items()}
        answer = make_answer(
            asked.say,
            posterior.marginals[0],
            replace(posterior, sites=sites),
            utterances=utterances,
            seed=self.goal.seed,
            names=spellings(self._discourse, asked),
            program=assembled.text,
            warnings=self._notes(asked),
            source=self._source(problem, state),
            draws=SampleSource(problem, 0, self.goal.afresh()),
            why=why,
        )
        return CausalSearch(problem, asked, self._discourse, goal, self.method).told_in(answer), state

    def _names_for(self, asked: Told) -> tuple[str, ...]:
        """Return the names that the program of a question knows."""
        return united(self._discourse.names, (name for reading in asked.readings for name in reading.names))

    def _state_for(self, names: tuple[str, ...]) -> State | None:
        """Return the state to continue from: that of a question with the same names, else the last one."""
        return self._states.get(names) or next(reversed(self._states.values()), None)

    def _notes(self, asked: Told) -> list[str]:
        """Return what one should know of the budgets and of the wording."""
        said = [*self._discourse.told, asked]
        granted = [*assumed(asked), *assumptions(self._discourse, asked)]
        return [
            *raised_budgets(self.world, self.goal.budget),
            *often_misread(said),
            *unsure(said),
            *passed_over(said),
            *granted,
        ]

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
            found.append(ambiguity_of(answer))
        return tuple(found)

    def _under(self, said: Sequence[Told], place: int, reading: Reading, belief: Belief) -> AnswerUnderReading:
        """Return the answer if an utterance was meant in one sense."""
        alone = replace(said[place], readings=(replace(reading, weight=1.0),))
        *told, asked = [alone if number == place else one for number, one in enumerate(said)]
        other = Conversation(self._base, self._translators, self.goal.afresh(), self.method)
        other._discourse = replace(self._discourse, told=tuple(told))
        answer, _ = other._answer(asked)
        return AnswerUnderReading(belief.paraphrase, belief.posterior, answer.answer, answer.marginal)

    def _source(self, problem: Problem, state: State | None) -> PictureSource | None:
        """Return what pictures of an answer are drawn from; worlds are sampled when one is."""
        picture, goal = self.world.picture, self.goal.afresh()
        if picture is None:
            return None
        return PictureSource(picture, lambda count: worlds.draw_worlds(problem, picture.query, goal, count, state))
