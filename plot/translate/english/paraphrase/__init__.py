"""Canonical English for the code of a reading: what an utterance was understood as."""

from __future__ import annotations

from plot.translate.english.paraphrase.utterances import paraphrase, phrase_of

__all__ = ["paraphrase", "phrase_of"]
