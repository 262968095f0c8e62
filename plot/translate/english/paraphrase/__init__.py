"""Canonical English for the code of a reading: what an utterance was understood as."""

from plot.translate.english.paraphrase.utterances import Paraphrase, paraphrase

__all__ = ["Paraphrase", "paraphrase"]
