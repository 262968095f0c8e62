"""A cache of tapes: evaluations of factors, replayed one by one or all from a single tape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from plot.inference.evidence.evaluation import DENSITY, Evaluation, Reached
from plot.inference.tape.optimise import joined
from plot.inference.tape.recorder import record
from plot.inference.tape.tape import Tape

if TYPE_CHECKING:
    from torch import Tensor


class TapeKey(NamedTuple):
    """The key of a tape: the utterance, the sites that it marginalises, and the sites that are given.

    A `relaxed` one takes a price for being far from true, too.
    """

    factor: int
    particles: int
    private: frozenset[str]
    needed: frozenset[str]
    relaxed: bool = False


@dataclass(frozen=True, slots=True)
class RecordedEvaluation:
    """The tape of an evaluation, with what is the same whenever it is played."""

    tape: Tape
    first: Evaluation

    def evaluation(self, found: Mapping[str, Tensor], raws: Mapping[str, Tensor], prefix: str = "") -> Evaluation:
        """Return the evaluation that the results of the tape are, each named with a prefix."""
        reached = {
            name: Reached(raws[name], True, site.distribution, found.get(f"{prefix}{DENSITY}{name}"))
            for name, site in self.first.reached.items()
        }
        return Evaluation({name: found[f"{prefix}{name}"] for name in self.first.terms}, reached, (), None)


@dataclass(slots=True)
class Tapes:
    """Evaluations by what they depend on; None where one can't be recorded. `whole` are those that became one tape."""

    kept: dict[TapeKey, RecordedEvaluation | None] = field(default_factory=dict)
    whole: dict[tuple[TapeKey, ...], Tape] = field(default_factory=dict)

    def first(self, number: int) -> Tapes:
        """Return the tapes of the first utterances."""
        return Tapes({key: kept for key, kept in self.kept.items() if key.factor < number})

    def played(self, key: TapeKey, raws: Mapping[str, Tensor]) -> Evaluation | None:
        """Return an evaluation at these values of the sites, None where no tape tells."""
        recorded = self.kept.get(key)
        found = None if recorded is None else recorded.tape.play(raws)
        return None if recorded is None or found is None else recorded.evaluation(found, raws)

    def record(
        self, key: TapeKey, raws: Mapping[str, Tensor], evaluate: Callable[[Mapping[str, Tensor]], Evaluation]
    ) -> Evaluation:
        """Evaluate, and keep the tape of it."""
        results: list[Evaluation] = []

        def recorded(given: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
            results.append(evaluate(given))
            return outputs(results[0])

        _, tape = record(recorded, raws)
        (found,) = results
        static = found.reached.keys() == key.needed and all([site.mask is True for site in found.reached.values()])
        self.kept[key] = RecordedEvaluation(tape, found) if tape is not None and static else None
        return found

    def together(self, keys: Sequence[TapeKey], raws: Mapping[str, Tensor]) -> list[Evaluation] | None:
        """Return the evaluations of several utterances at the same values; None where no tape tells."""
        kept = [recorded for key in keys if (recorded := self.kept.get(key)) is not None]
        if len(kept) < len(keys):
            return None
        whole = self.whole.get(tuple(keys))
        if whole is None:
            whole = joined({str(i): recorded.tape for i, recorded in enumerate(kept)})
            self.whole = {tuple(keys): whole}
        found = whole.play(raws)
        return None if found is None else [item.evaluation(found, raws, f"{i}/") for i, item in enumerate(kept)]


def outputs(evaluation: Evaluation) -> dict[str, Tensor]:
    """Return the tensors of an evaluation that depend on the values of the sites."""
    found = dict(evaluation.terms)
    for name, site in evaluation.reached.items():
        if site.density is not None:
            found[f"{DENSITY}{name}"] = site.density
    return found


__all__ = ["RecordedEvaluation", "TapeKey", "Tapes", "outputs"]
