"""Fusion: a model sees the translations of others and writes a better one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from plot.errors import PlotError
from plot.llm.calls import Message
from plot.translate.base import Discourse, Reading, Translator, unshown
from plot.translate.mixture.pooling.effects import effect_of
from plot.translate.mixture.pooling.pool import Pool, PoolingRule, Vote, likeliest
from plot.translate.mixture.pooling.risk import risks
from plot.translate.mixture.pooling.scheme import Scheme
from plot.translate.mixture.pooling.translator import gathered, readings_of
from plot.translate.model import LanguageModel, Prompts
from plot.world import Example

OTHERS = "others.md.j2"
MOST_SHOWN = 5


@dataclass
class Fusion:
    """Generative fusion (GenFuser of LLM-Blender, Jiang et al. 2023), with a test that the fused program must pass.

    The likeliest meanings, with what each would do, are shown to `fuser`; its program has passed the checker, and is
    kept only if its risk (the expected distance to what the experts mean) is below that of all that it was made of.
    """

    experts: tuple[Translator, ...]
    fuser: Translator
    scheme: Scheme
    pooling: PoolingRule = field(default_factory=PoolingRule)
    name: str = "fusion"
    kept: list[bool] = field(default_factory=list)

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        """Return the weighed meanings of the experts, or the fused one where it is better than all of them."""
        votes, refused = asked_of(self.experts, utterance, discourse, ())
        if not votes:
            raise refused[0][1]
        pool = self.pooling.pool(utterance, votes, discourse)
        weights = self.scheme.weigh(pool)
        if len(pool.classes) == 1:
            return readings_of(pool, weights)
        shown = message_about(pool, self.scheme, refused, self.pooling)
        fused, _ = asked_of((self.fuser,), utterance, discourse, shown)
        better = self._better(pool, fused, utterance, discourse)
        self.kept.append(better is not None)
        return (better,) if better is not None else readings_of(pool, weights)

    def _better(self, pool: Pool, fused: Sequence[Vote], utterance: str, discourse: Discourse) -> Reading | None:
        """Return the fused reading if it has less risk than each meaning that it was made of."""
        if not fused:
            return None
        best = fused[likeliest([vote.share for vote in fused])]
        whole = self.pooling.pool(utterance, [*pool.votes, Vote(FUSED, best.reading, 0.0)], discourse)
        expected = risks(whole)
        mine = next((k for k, members in enumerate(whole.classes) if _holds(whole, members, FUSED)), None)
        if mine is None:
            return None
        others = [risk for k, risk in enumerate(expected) if k != mine]
        return replace(best.reading, weight=1.0, translator=self.fuser.name) if expected[mine] < min(others) else None

    def unshown(self, example: Example) -> Fusion:
        """Return the fusion without any model being shown an example."""
        experts = tuple(unshown(one, example) for one in self.experts)
        return replace(self, experts=experts, fuser=unshown(self.fuser, example))


FUSED = "(fused)"


def _holds(pool: Pool, members: Sequence[int], expert: str) -> bool:
    return any(pool.votes[member].expert == expert for member in members)


def asked_of(
    experts: Sequence[Translator], utterance: str, discourse: Discourse, shown: tuple[Message, ...]
) -> tuple[list[Vote], list[tuple[str, PlotError]]]:
    """Return the votes of translators; models among them see what is shown."""
    shown_to = [replace(one, extra=shown) if isinstance(one, LanguageModel) and shown else one for one in experts]
    return gathered(shown_to, utterance, discourse)


def message_about(
    pool: Pool | None, scheme: Scheme, refused: Sequence[tuple[str, PlotError]], pooling: PoolingRule
) -> tuple[Message, ...]:
    """Return the message that shows what others made of the utterance, nothing where there were none."""
    if pool is None or pool.discourse is None:
        return ()
    proposals: list[dict[str, Any]] = [
        {
            "code": reading.code.strip(),
            "weight": reading.weight,
            "paraphrase": reading.paraphrase,
            "effect": effect_of(reading, pool.discourse, pooling.seed, pooling.budget),
        }
        for reading in readings_of(pool, scheme.weigh(pool))[:MOST_SHOWN]
    ]
    reasons = [{"expert": name, "reason": error.message.splitlines()[-1].strip()} for name, error in refused]
    text = Prompts().render(OTHERS, {"proposals": proposals, "refused": reasons})
    return (Message("user", text),)


__all__ = ["Fusion", "asked_of", "message_about"]
