"""Translation of utterances into weighted readings, and of readings into one program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plot._lazy import exports

if TYPE_CHECKING:
    from plot.translate.base import Candidate as Candidate
    from plot.translate.base import Discourse as Discourse
    from plot.translate.base import Paraphrase as Paraphrase
    from plot.translate.base import Reading as Reading
    from plot.translate.base import Told as Told
    from plot.translate.base import Translator as Translator
    from plot.translate.grammar import Grammar as Grammar
    from plot.translate.model import LanguageModel as LanguageModel
    from plot.translate.model import Memory as Memory
    from plot.translate.stages import Cascade as Cascade

_LATE = {
    **dict.fromkeys(("Candidate", "Discourse", "Paraphrase", "Reading", "Told", "Translator"), "plot.translate.base"),
    **dict.fromkeys(("LanguageModel", "Memory"), "plot.translate.model"),
    "Cascade": "plot.translate.stages",
    "Grammar": "plot.translate.grammar",
}
__getattr__ = exports("plot.translate", _LATE)

__all__ = [
    "Candidate",
    "Cascade",
    "Discourse",
    "Grammar",
    "LanguageModel",
    "Memory",
    "Paraphrase",
    "Reading",
    "Told",
    "Translator",
]
