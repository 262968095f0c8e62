"""How verbs that still want their object get their meanings: *whom did Tom beat*, *players that Tom beat*."""

from __future__ import annotations

from collections.abc import Callable

from plot.translate.english.entries import VerbUse
from plot.translate.english.meanings import NP, Property, Unfit
from plot.translate.english.verbs import Modifier, Verbs


class Gaps(Verbs):
    """The functions of the grammar's rules for verbs without their object, by their aliases."""

    def gap(self, use: VerbUse) -> Callable[[NP], Property]:
        return lambda np: self.v_object(use, np)

    def gap_preposition(self, use: VerbUse, preposition: str) -> Callable[[NP], Property]:
        if use.preposition != preposition:
            raise Unfit("")
        return lambda np: self.v_object(use, np)

    def gap_modified(self, gap: Callable[[NP], Property], modifier: Modifier) -> Callable[[NP], Property]:
        return lambda np: self._with(gap(np), modifier)

    def gap_finite(self, gap: Callable[[NP], Property]) -> Callable[[NP], Property]:
        return lambda np: self.v_finite(gap(np))

    def gap_do(self, tense: str, gap: Callable[[NP], Property]) -> Callable[[NP], Property]:
        return lambda np: self.v_do(tense, gap(np))

    def gap_do_not(self, tense: str, gap: Callable[[NP], Property]) -> Callable[[NP], Property]:
        return lambda np: self.v_do_not(tense, gap(np))

    def gap_have(self, tense: str, gap: Callable[[NP], Property]) -> Callable[[NP], Property]:
        return lambda np: self.v_have(tense, gap(np))

    def gap_modal(self, modal: str, gap: Callable[[NP], Property]) -> Callable[[NP], Property]:
        return lambda np: self.v_modal(modal, gap(np))
