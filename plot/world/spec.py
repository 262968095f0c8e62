"""World files (YAML) as frozen `WorldSpec`s: model, lexicon, facts, examples, tests; errors have lines."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from plot.errors import PlotError, joined
from plot.files import check_format, read_text
from plot.language import DEFAULT, HARD_CAP, Budget, check, module_called, parse, show
from plot.language.syntax.nodes import FunctionDef, NameTarget, ProgramNode, Query, walk
from plot.language.syntax.tables import Table, with_tables
from plot.modules import load_modules
from plot.tables import read_table
from plot.world.derived import derived_lexicon
from plot.world.lexicon import Lexicon, Real, check_expressions, check_lexicon
from plot.world.picture import Picture
from plot.worldfile.marked import Marked, read
from plot.worldfile.mistakes import explain
from plot.worldfile.model_text import parse_model
from plot.worldfile.places import SUFFIXES, builtin_worlds, world_files

MOST_LETTERS = 100
_RANGE = re.compile(r"([-+]?[\d.]+(?:e-?\d+)?)\s*(?:to|\.\.|–|-)\s*([-+]?[\d.]+(?:e-?\d+)?)")
PROGRAM = ".plot"


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("expected a text, but it is empty")
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Code = Annotated[str, AfterValidator(_not_blank)]
Share = Annotated[Real, Field(ge=0, le=1)]


def _figure(given: Any, valid: ValidatorFunctionWrapHandler) -> Any:
    """Return a figure, or the two ends of a range: `[0.2, 0.4]`, `0.2 to 0.4`, `0.2..0.4`."""
    written = _RANGE.fullmatch(given.strip()) if isinstance(given, str) else None
    ends = [float(end) for end in written.groups()] if written is not None else given
    if not isinstance(ends, list):
        return valid(ends)
    if len(ends) != 2:
        raise ValueError("a range has two ends: [0.2, 0.4], or 0.2 to 0.4")
    low, high = (valid(end) for end in ends)
    if low > high:
        raise ValueError(f"the first end of a range is the lower one: {high:g} to {low:g}")
    return low, high


if TYPE_CHECKING:
    Figure = float | tuple[float, float]
    ShareFigure = float | tuple[float, float]
else:
    Figure = Annotated[Real, WrapValidator(_figure)]
    ShareFigure = Annotated[Share, WrapValidator(_figure)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Example(_Part):
    """An utterance with its code: a test for the grammar.

    Attributes:
        say: The utterance.
        code: What it means.
        act: `knowledge`, `observation` or `question`; by default what its code is.
        given: What was said before it.
        note: What to know of it.
    """

    say: Text
    code: Code
    act: Literal["knowledge", "observation", "question"] | None = None
    given: tuple[Text, ...] = ()
    note: str = ""


class Expectation(_Part):
    """The expected answer of a test.

    Attributes:
        probability: The probability that it is so; a range is two ends, `[0.2, 0.4]` or `0.2 to 0.4`.
        mean: The posterior mean, or a range.
        sd: The posterior standard deviation, or a range.
        distribution: Option, or member, to probability.
        answer: The likeliest answer: a name, a list of names (a set), or true or false.
        tolerance: How far figures may be off; without one, as far as their digits and the Monte-Carlo error allow.
    """

    probability: ShareFigure | None = None
    mean: Figure | None = None
    sd: Figure | None = None
    distribution: Mapping[str, Share] | None = None
    answer: bool | str | tuple[str, ...] | None = None
    tolerance: Annotated[Real, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        figures = (self.probability, self.mean, self.sd, self.distribution, self.answer)
        if all(figure is None for figure in figures):
            raise ValueError("no expectation: give a probability, mean, sd, distribution or answer")
        return self


class WorldTest(_Part):
    """A question with the answer that it must get.

    Attributes:
        ask: The question.
        given: What is told before.
        facts: Whether the world's facts are told first; by default they are where nothing else is `given`.
        expect: What the answer must be.
    """

    ask: Text
    given: tuple[Text, ...] = ()
    facts: bool | None = None
    expect: Expectation

    @property
    def tells_facts(self) -> bool:
        """Whether the world's facts are told before what is given."""
        return not self.given if self.facts is None else self.facts


class WorldSpec(BaseModel):
    """A world file: a generative model in the language, the words for it, and what is known.

    Attributes:
        format: The format of the file (see `docs/formats.md`).
        name: The name of the world.
        description: What it is about, in a sentence.
        modules: The engines whose functions its model calls.
        model: The model, as code of the language.
        lexicon: The words, and what they stand for in the model.
        facts: What is known, as sentences.
        examples: Utterances with their code.
        model_examples: More of them that are shown to language models, and that the grammar need not read.
        tests: Questions with their answers.
        picture: What is drawn of it.
        observable: The variables and functions of the model that can be measured, among which one may adjust.
        data: Tables that the model reads: name to a file in the folder of the world's file.
        budgets: Limits of its programs, lower or higher than usual, never above the hard cap.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    name: Text
    description: str = ""
    modules: tuple[Text, ...] = ()
    model: Code
    lexicon: Lexicon = Field(default_factory=Lexicon)
    facts: tuple[Text, ...] = ()
    examples: tuple[Example, ...] = ()
    model_examples: tuple[Example, ...] = ()
    tests: tuple[WorldTest, ...] = ()
    picture: Picture | None = None
    observable: tuple[Text, ...] = ()
    data: Mapping[Text, Text] = Field(default_factory=dict)
    budgets: Mapping[str, object] = Field(default_factory=dict)

    _program: ProgramNode = PrivateAttr()
    _budget: Budget = PrivateAttr()
    _tables: Mapping[str, Table] = PrivateAttr(default_factory=dict)

    @classmethod
    def load(cls, name_or_path: str | Path, limits: Mapping[str, object] | None = None) -> Self:
        """Return the world of a file, or a built-in one.

        Args:
            name_or_path: The path of a YAML file, or the name of a built-in world.
            limits: Budgets for reading the model, by name, whatever the file says of them.

        Raises:
            PlotError: There is no such file, or it is no world (PlotErrors for several mistakes, each with its line).
        """
        path = find(name_or_path)
        text = _text(path)
        if path.suffix == PROGRAM:
            return cls.of_model(text, path.stem)
        return cls.parse(text, str(path), limits, folder=path.parent)

    @classmethod
    def of_model(cls, model: str, name: str = "world") -> Self:
        """Return the world of a model alone, in the words that its names give; what it asks is left out.

        >>> sorted(WorldSpec.of_model("@mem\\ndef strength(player):\\n    return normal(50, 20)").lexicon.adjectives)
        ['strong', 'weak']

        Args:
            model: The model, as code of the language.
            name: What errors call it.

        Raises:
            PlotError: The text can't be read as a model.
        """
        program = parse(model, name)
        body = tuple(node for node in program.body if not isinstance(node, Query))
        given: dict[str, Any] = {"name": name, "model": show(replace(program, body=body)) or "pass"}
        try:
            return cls.model_validate(_with_derived_words(given, name), context={})
        except ValidationError as error:
            raise PlotError(str(error), where=name) from None

    @classmethod
    def parse(
        cls,
        text: str,
        name: str = "world",
        limits: Mapping[str, object] | None = None,
        *,
        folder: Path | None = None,
    ) -> Self:
        """Return the world that a YAML text describes.

        >>> WorldSpec.parse("name: coin\\nmodel: heads = flip(0.5)").name
        'coin'

        Args:
            text: The YAML text.
            name: What errors call it.
            limits: Budgets for reading the model, by name, whatever the text says of them.
            folder: Where the files of its data are; without one it can have none.

        Raises:
            PlotError: It is no world (PlotErrors for several mistakes, each with its line).
        """
        marked = read(unicodedata.normalize("NFC", text), name)
        if not isinstance(marked.value, dict):
            hint = "a world file begins with keys such as 'name:' and 'model: |'"
            raise PlotError("a world is a mapping of keys to values", hint=hint, span=marked.span)
        if "format" in marked.value:
            at = marked.at(("format",))
            check_format(at.plain, "world file", span=at.span)
        given = _with_derived_words(marked.plain, name)
        try:
            return cls.model_validate(given, context={"marked": marked, "limits": limits or {}, "folder": folder})
        except ValidationError as error:
            raise explain(error, marked, WorldSpec) from None

    def with_data(self, tables: Mapping[str, Table]) -> Self:
        """Return the world with tables for its model to read, in place of those of the same name that it had.

        Args:
            tables: The tables by name (see `plot.read_table`).
        """
        other = self.model_copy()
        other._tables = {**self._tables, **tables}
        other._program = with_tables(self._program, other._tables)
        return other

    @property
    def tables(self) -> Mapping[str, Table]:
        """The tables that programs about this world may read, by name."""
        return self._tables

    @property
    def program(self) -> ProgramNode:
        """The model as nodes; their spans point into the world's file."""
        return self._program

    @property
    def budget(self) -> Budget:
        """The budgets of programs about this world."""
        return self._budget

    @property
    def name_lists(self) -> tuple[str, ...]:
        """The variables that hold the list of all individuals that were mentioned."""
        return self.lexicon.name_lists

    @model_validator(mode="after")
    def _read_model(self, info: ValidationInfo) -> Self:
        context = info.context or {}
        marked = context.get("marked")
        self._budget = _budget(self.budgets, marked)
        self._program = parse_model(self.model, self.name, self._budget.merged(context.get("limits", {})), marked)
        _check_modules(self.modules, marked)
        check(self._program, known=self.lexicon.told_lists, modules=self.modules)
        _check_words(self, self._program, marked)
        _check_observable(self.observable, self._program, marked)
        self._tables = _read_tables(self.data, context.get("folder"), marked)
        self._program = with_tables(self._program, self._tables)
        return self


def _with_derived_words(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a world's data with the words of its model, where its own lexicon does not say who is spoken of."""
    own = given.get("lexicon") or {}
    model = given.get("model")
    if not isinstance(model, str) or not isinstance(own, dict) or not _wants_words(own):
        return given
    try:
        return {**given, "lexicon": derived_lexicon(parse(model, name), own).entries}
    except PlotError:
        return given  # the mistake is told, with its line, when the model is read


def _wants_words(own: Mapping[str, Any]) -> bool:
    stated = own.get("derived")
    nouns = own.get("nouns")
    listed = isinstance(nouns, dict) and any("domain" in noun for noun in nouns.values() if isinstance(noun, dict))
    return stated if isinstance(stated, bool) else not (own.get("names") or own.get("rules") or listed)


def _check_modules(modules: tuple[str, ...], marked: Marked | None) -> None:
    """Raise PlotError for a module that does not exist, at its place in the file."""
    load_modules()
    for number, name in enumerate(modules):
        try:
            module_called(name)
        except PlotError as error:
            span = marked.at(("modules", number)).span if marked is not None else None
            raise PlotError(error.message, hint=error.hint, span=span) from None


def _read_tables(files: Mapping[str, str], folder: Path | None, marked: Marked | None) -> dict[str, Table]:
    """Return the tables of a world's files. Raises PlotError for one that is not in the folder of the world's file."""
    found: dict[str, Table] = {}
    for name, file in files.items():
        span = marked.at(("data", name)).span if marked is not None else None
        if folder is None:
            raise PlotError("a world from a text has no folder with data", hint="give it with --data", span=span)
        parts = Path(file).parts
        paths = [folder.joinpath(*parts[: i + 1]) for i in range(len(parts))]
        if Path(file).is_absolute() or ".." in parts or any(path.is_symlink() for path in paths):
            hint = "give a path within that folder, without '..' and links; others are given with --data"
            raise PlotError(f"'{file}' is not in the folder of the world's file", hint=hint, span=span)
        try:
            found[name] = read_table(folder / file, name)
        except PlotError as error:
            raise PlotError(f"{file}: {error.message}", hint=error.hint, span=span) from None
    return found


def _check_words(world: WorldSpec, program: ProgramNode, marked: Marked | None) -> None:
    """Raise the mistakes of the lexicon's and the picture's expressions, each at its line of the file."""
    found = [(("lexicon", *path), error) for path, error in check_lexicon(world.lexicon, program, world.modules)]
    if world.picture is not None:
        shown = check_expressions(world.picture.expressions(), program, world.lexicon.told_lists, world.modules)
        found += [(("picture", *path), error) for path, error in shown]
        found += _check_seen(world.picture, world.lexicon)
    errors = []
    for path, error in found:
        span = marked.at(path).span if marked is not None else None
        errors.append(PlotError(error.message, hint=error.hint, span=span))
    if errors:
        raise joined(errors)


def _check_observable(names: tuple[str, ...], program: ProgramNode, marked: Marked | None) -> None:
    """Raise the mistake of what can be measured that is no variable and no function of the model."""
    defined = {node.name for node in program.body if isinstance(node, FunctionDef)}
    defined |= {node.id for node in walk(program) if isinstance(node, NameTarget)}
    for number, name in enumerate(names):
        if name not in defined:
            close = difflib.get_close_matches(name, sorted(defined), 1)
            span = marked.at(("observable", number)).span if marked is not None else None
            hint = f"did you mean '{close[0]}'?" if close else "name a variable or a function of the model"
            raise PlotError(f"the model has no '{name}' that could be observed", hint=hint, span=span)


def _check_seen(picture: Picture, lexicon: Lexicon) -> list[tuple[tuple[str | int, ...], PlotError]]:
    """Return the mistake of a picture that can be seen where it is not known which colours there are."""
    try:
        if picture.seen is not None:
            picture.hues(lexicon)
    except PlotError as error:
        return [(("picture", "seen"), error)]
    return []


def _budget(overrides: Mapping[str, object], marked: Marked | None) -> Budget:
    """Merge the budgets one by one, so that each mistake has its place."""
    found, errors = DEFAULT, []
    for name, amount in overrides.items():
        try:
            found = found.merged({name: amount}, cap=HARD_CAP)
        except PlotError as error:
            span = marked.at(("budgets",)).keys.get(name) if marked is not None else None
            errors.append(PlotError(error.message, hint=error.hint, span=span))
    if errors:
        raise joined(errors)
    return found


# -- files ---------------------------------------------------------------------------------------------------


def find(name_or_path: str | Path) -> Path:
    """Return the path of a world: a file's path as it is, or that of a built-in world by name.

    Raises PlotError, with the nearest names, where there is neither.
    """
    given: object = name_or_path
    if not isinstance(given, (str, PathLike)):
        said = type(given).__name__
        raise PlotError(f"a world is the path of a file or a name, not {said}", hint="World.load('tugofwar')")
    said = str(name_or_path)
    known = builtin_worlds()
    if said in known and isinstance(name_or_path, str):
        return known[said]
    path = Path(name_or_path)
    try:
        exists = path.exists()
    except (OSError, ValueError):
        exists = False
    if exists and said:
        return path
    raise PlotError(f"there is no world '{_short(said)}'", hint=_nearest(path, known))


def _short(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"


def _nearest(path: Path, known: Mapping[str, Path]) -> str:
    """Return the hint for a world that is not there: a built-in one or a neighbour with a similar name."""
    if path.stem in known and path.suffix in SUFFIXES:
        return f"there is no such file; the built-in world is called '{path.stem}'"
    beside = {str(file): file.stem for file in world_files(path.parent)} if path.name else {}
    stems = {stem.casefold(): name for name, stem in [*beside.items(), *zip(known, known, strict=True)]}
    near = difflib.get_close_matches(path.stem.casefold()[:MOST_LETTERS], stems, 1)
    if near:
        return f"did you mean '{stems[near[0]]}'?"
    listed = f"the built-in worlds are {', '.join(known)}" if known else "there are no built-in worlds"
    return f"give a file's path, or a name: {listed}"


def _text(path: Path) -> str:
    """Read a world's file. Raises PlotError for a folder, no text, or nothing."""
    if path.is_dir():
        inside = sorted(str(file) for file in world_files(path))
        hint = f"give one of its files: {', '.join(inside[:5])}" if inside else "give a YAML file"
        raise PlotError(f"'{path}' is a folder, not a world", hint=hint)
    text = read_text(path, "a world")
    if not text.strip():
        raise PlotError(f"'{path}' is empty", hint="a world has at least the keys 'name' and 'model'")
    return text


__all__ = ["Example", "Expectation", "WorldSpec", "WorldTest", "builtin_worlds", "find"]
