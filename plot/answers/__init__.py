"""From a posterior to an answer: words, figures that show no more digits than are known, and pictures."""

from __future__ import annotations

from plot.answers.answer import Answer, Belief, Utterance, make_answer
from plot.answers.pictures import Source

__all__ = ["Answer", "Belief", "Source", "Utterance", "make_answer"]
