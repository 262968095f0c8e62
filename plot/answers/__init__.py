"""Answers from posteriors: words, figures with as many digits as are known, and pictures."""

from __future__ import annotations

from plot.answers.answer import Alternative, Answer, Belief, Utterance
from plot.answers.answer import make_answer as make_answer
from plot.pictures import PictureSource as PictureSource

__all__ = ["Alternative", "Answer", "Belief", "Utterance"]
