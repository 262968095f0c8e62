"""From a posterior to an answer: words, figures that show no more digits than are known, and pictures."""

from __future__ import annotations

from plot.answers.answer import Answer, Belief, Utterance, make_answer

__all__ = ["Answer", "Belief", "Utterance", "make_answer"]
