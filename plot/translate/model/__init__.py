"""Translators that are language models: prompts are made, replies examined and sent back, meanings remembered."""

from __future__ import annotations

from plot.translate.model.memory import Memory, PendingTranslations
from plot.translate.model.prompts import Prompts, make_prompt
from plot.translate.model.translator import LanguageModel

__all__ = ["LanguageModel", "Memory", "PendingTranslations", "Prompts", "make_prompt"]
