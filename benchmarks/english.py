"""What the grammar reads, rightly and wrongly, and how fast: `python -m benchmarks.english [FILES] [--wrong]`.

Each line of a file is a sentence as JSON: `{"world": "tugofwar", "construction": "contrast", "given": ["Tom beat
Sue."], "say": "Ann didn't.", "means": "condition(…)"}`. `means` is the intended code, or a sentence that says it in
other words; null where the world can't express it, so that to refuse is right; `or` lists further meanings that are
right. In place of `means`, a line may say in words what was `intended`, and whether a reader of the paraphrase
`understood` judged it `right`; read otherwise since then, or not read then, it is *unjudged*. Without files, those in
`benchmarks/sentences` are read: `own.jsonl`, written with the grammar in view, and `blind.jsonl`, written from the
worlds' descriptions alone; of the latter, those that were read wrongly were judged again after that was mended.

A sentence is *right* if its likeliest reading has the intended meaning, or if it is refused and should be; *wrong* if
it has another meaning or should have been refused; *refused* if it has a meaning and isn't read. The milliseconds are
those of the processor in the grammar alone, refusals and their hints included, after one sentence has made each world's
vocabulary.
"""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import click
import numpy as np

from plot import World
from plot.errors import PlotError
from plot.language import parse, show
from plot.translate.assemble import context_of
from plot.translate.base import Discourse, Reading
from plot.translate.english.paraphrase import paraphrase
from plot.translate.equivalence import normal
from plot.translate.grammar import Grammar
from plot.translate.readings import settle

SENTENCES = Path(__file__).with_name("sentences")
GOALS = (30, 150)  # milliseconds: median, 95th percentile
OUTCOMES = ("right", "wrong", "refused", "unjudged")


@dataclass(frozen=True)
class Sentence:
    """A sentence with what it means, or with what a reader judged; `means` is empty where it should be refused."""

    world: str
    say: str
    construction: str = "any"
    given: tuple[str, ...] = ()
    means: tuple[str, ...] = ()
    intended: str = ""
    understood: str = ""
    right: bool | None = None


@dataclass
class Result:
    """How a sentence fared, with its reading or the reason why there is none."""

    sentence: Sentence
    outcome: str
    milliseconds: float
    reading: Reading | None = None
    refusal: str = ""


@dataclass
class Reader:
    """Reads sentences with the grammar alone, each after what was said before it."""

    grammar: Grammar = field(default_factory=Grammar)
    _warm: set[str] = field(default_factory=set)

    def read(self, sentence: Sentence) -> Result:
        """Return how a sentence fares. Raises PlotError where what is said before it is not read."""
        talk = world_of(sentence.world).conversation(facts=False)
        for one in sentence.given:
            talk.tell(one)
        discourse = talk.discourse
        if sentence.world not in self._warm:
            self._timed(sentence.say, discourse)
            self._warm.add(sentence.world)
        found, refusal, milliseconds = self._timed(sentence.say, discourse)
        if found is None:
            outcome = "refused" if sentence.means or sentence.intended else "right"
            return Result(sentence, outcome, milliseconds, refusal=refusal)
        right = any(self._same(found, intended, discourse) for intended in sentence.means)
        if sentence.intended:
            shown = str(paraphrase(found, discourse, sentence.say))
            if sentence.right is None or shown != sentence.understood:
                return Result(sentence, "unjudged", milliseconds, found)
            right = sentence.right
        return Result(sentence, "right" if right else "wrong", milliseconds, found)

    def _timed(self, say: str, discourse: Discourse) -> tuple[Reading | None, str, float]:
        """Return the likeliest reading, or why there is none, and how long that took."""
        start = time.process_time()
        try:
            found, refusal = self.grammar.translate(say, discourse)[0], ""
        except PlotError as error:
            found, refusal = None, str(error)
        return found, refusal, 1_000 * (time.process_time() - start)

    def _same(self, found: Reading, intended: str, discourse: Discourse) -> bool:
        """Return whether a reading means what was intended: the same code, or equal on samples from the prior."""
        if not {"(", "="} & set(intended):
            (other, *_) = self.grammar.translate(intended, discourse)
        else:
            act = "question" if "query(" in intended else "observation"
            act = act if "condition(" in intended or "observe(" in intended or act == "question" else "knowledge"
            other = Reading(act, intended, names=found.names, events=found.events)  # type: ignore[arg-type]
        if found.act != other.act:
            return False
        if show(normal(parse(found.code))) == show(normal(parse(other.code))):
            return True
        names = tuple(dict.fromkeys([*discourse.names, *found.names, *other.names]))
        both = [replace(found, weight=0.5), replace(other, weight=0.5)]
        try:
            settled = settle(both, context_of(discourse, names), source="a reading", names=names)
        except PlotError:
            return False
        return len(settled.readings) == 1 and not settled.dropped


@cache
def world_of(name: str) -> World:
    """Return a world, loaded once: one that comes with the package, or one of a model only beside the sentences."""
    own = SENTENCES / "worlds" / f"{name}.yaml"
    return World.load(own if own.exists() else name)


def loaded(paths: Iterable[Path]) -> list[Sentence]:
    """Return the sentences of files."""
    found = []
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                found.append(_sentence(json.loads(line)))
    return found


def _sentence(item: dict[str, object]) -> Sentence:
    means = item.get("means")
    others = item.get("or", [])
    assert isinstance(others, list)
    return Sentence(
        str(item["world"]),
        str(item["say"]),
        str(item.get("construction", "any")),
        tuple(item.get("given", ())),  # type: ignore[arg-type]
        (str(means), *map(str, others)) if means else (),
        str(item.get("intended", "")),
        str(item.get("understood", "")),
        bool(item["right"]) if "right" in item else None,
    )


def table(title: str, results: Sequence[Result], key: str) -> str:
    """Return the counts by construction or by world as lines of text."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for one in results:
        rows[getattr(one.sentence, key)][one.outcome] += 1
    lines = [f"{title:24} {'all':>5} {'read':>6} {'right':>6} {'wrong':>6} {'refused':>8} {'unjudged':>9}"]
    for name, counts in sorted(rows.items()):
        lines.append(_row(name, counts, [one for one in results if getattr(one.sentence, key) == name]))
    return "\n".join([*lines, _row("all", sum(rows.values(), Counter()), results)])


def _row(name: str, counts: Counter[str], results: Sequence[Result]) -> str:
    total = sum(counts.values())
    read = sum(one.reading is not None for one in results)
    return f"{name:24} {total:5} {read / total:6.0%} " + " ".join(
        f"{counts[outcome]:{width}}" for outcome, width in zip(OUTCOMES, (6, 6, 8, 9), strict=True)
    )


def speed(results: Sequence[Result]) -> str:
    """Return the median and the 95th percentile of the milliseconds a sentence, of all and of the refused."""

    def of(label: str, chosen: Sequence[Result]) -> str:
        median, late = np.percentile([one.milliseconds for one in chosen], (50, 95))
        return f"{label}: median {median:.0f} ms, 95th percentile {late:.0f} ms"

    refused = [one for one in results if one.reading is None]
    parts = [of(f"{len(results)} sentences", results), *([of(f"{len(refused)} refused", refused)] if refused else [])]
    return "\n".join([*parts, f"goals: {GOALS[0]} ms and {GOALS[1]} ms"])


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--wrong", is_flag=True, help="Print the sentences that are read wrongly.")
@click.option("--refused", is_flag=True, help="Print the sentences that are refused.")
def main(files: Sequence[Path], wrong: bool, refused: bool) -> None:
    """Print coverage and correctness of the grammar by construction and by world, and its speed."""
    reader, results, lost = Reader(), list[Result](), 0
    for sentence in loaded(files or sorted(SENTENCES.glob("*.jsonl"))):
        try:
            results.append(reader.read(sentence))
        except PlotError as error:
            lost += 1
            click.echo(f"{sentence.world}: {' '.join(sentence.given)}: {error.message}")
    click.echo(table("construction", results, "construction"))
    click.echo("\n" + table("world", results, "world"))
    click.echo("\n" + speed(results))
    if lost:
        click.echo(f"{lost} left out, as what is said before them is not read")
    for one in results:
        if (wrong and one.outcome == "wrong") or (refused and one.outcome == "refused"):
            said = one.refusal.splitlines()[0] if one.reading is None else one.reading.code.strip()
            click.echo(f"\n{one.outcome}: {one.sentence.world}: {one.sentence.say}\n  {said}")


if __name__ == "__main__":
    main()
