"""Answers from posteriors: words, figures with as many digits as are known, and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plot._lazy import exports
from plot.answers.answer import Alternative, Answer, Belief, Utterance
from plot.answers.answer import SampleSource as SampleSource
from plot.answers.answer import make_answer as make_answer
from plot.pictures import PictureSource as PictureSource

if TYPE_CHECKING:
    from plot.answers.samples import JointSamples as JointSamples

__getattr__ = exports("plot.answers", {"JointSamples": "plot.answers.samples"})

__all__ = ["Alternative", "Answer", "Belief", "JointSamples", "Utterance"]
