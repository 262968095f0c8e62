"""The translators of a command: the grammar, the memory, then configured language models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import click

from plot._lazy import late
from plot.cli.shared.output import warn
from plot.cli.shared.screen import spending
from plot.errors import PlotError
from plot.language import Budget
from plot.llm.config import Config, configured
from plot.llm.limits import Limits
from plot.llm.store import Store
from plot.translate.base import Translator
from plot.translate.grammar import Grammar
from plot.translate.stages import Cascade

if TYPE_CHECKING:
    from plot.llm import Client, Entry, Usage, client, recording
    from plot.translate import mixture as mixtures
    from plot.translate import model
    from plot.translate.mixture import Mixture, ensembles
    from plot.translate.mixture.pooling import gate as gates
    from plot.translate.mixture.unproven import bandit
    from plot.translate.model import LanguageModel, Memory, PendingTranslations
else:
    client = late("plot.llm.client")
    recording = late("plot.llm.recording")
    mixtures = late("plot.translate.mixture")
    bandit = late("plot.translate.mixture.unproven.bandit")
    ensembles = late("plot.translate.mixture.ensembles")
    gates = late("plot.translate.mixture.pooling.gate")
    model = late("plot.translate.model")

USUAL = "weighted"  # the ensemble where no model is configured: `plot tune --forget` may still name it
HINT = "try a language model: --model NAME (see `plot models --help`)"
OUTCOMES = "outcomes of the bandit"


@dataclass(frozen=True, slots=True)
class Translators:
    """The translators of one command, and the client of its language models (None where there are none).

    `judge` is the model that an ensemble needs beside those that translate.
    """

    config: Config
    client: Client | None
    ensemble: str
    judge: Entry | None = None
    grammar: bool = True
    memory: bool = True
    at_once: int | None = None
    mixtures: list[Mixture] = field(default_factory=list)

    @property
    def usage(self) -> Usage | None:
        """The usage so far, None if no model is configured."""
        return self.client.usage if self.client is not None and self.config.translators else None

    def of(self, seed: int, budget: Budget | None) -> tuple[Translator, ...]:
        """Return the translators of a conversation."""
        memory = model.Memory(self.client, seed) if self.client is not None and self.memory else None
        if self.client is not None and self.config.entries:
            return (self.mixture(seed, budget, memory, learned=kept(self.ensemble, self.client.store)),)
        free = self._free(memory)
        return (Cascade(tuple((one,) for one in free), hint=HINT),)

    def models(
        self, seed: int, budget: Budget | None, memory: PendingTranslations | None = None
    ) -> tuple[LanguageModel, ...]:
        """Return the configured language models as translators."""
        if self.client is None:
            return ()
        return tuple(model.LanguageModel(entry, self.client, memory, seed, budget) for entry in self.config.entries)

    def mixture(
        self, seed: int, budget: Budget | None, memory: Memory | None = None, learned: Mapping[str, Any] | None = None
    ) -> Mixture:
        """Return the ensemble of all: the grammar and the memory first, which cost nothing, then the models."""
        assert self.client is not None
        store = self.client.store
        judge = model.LanguageModel(self.judge, self.client, None, seed, budget) if self.judge is not None else None
        outcomes = bandit.Outcomes(seed)
        with suppress(ValueError, KeyError, TypeError):
            outcomes.load(store.abilities(OUTCOMES))
        undecided = model.PendingTranslations(memory) if memory is not None else None
        cast = mixtures.Participants(
            self.models(seed, budget, undecided),
            self._free(memory),
            judge,
            self.at_once,
            mixtures.PoolingRule(families_of(self.config), seed, budget),
            outcomes,
            lambda found: store.keep_abilities(OUTCOMES, found),
            undecided,
        )
        self.mixtures.append(mixtures.ensemble(self.ensemble, cast, learned))
        return self.mixtures[-1]

    def _free(self, memory: Memory | None) -> tuple[Translator, ...]:
        return (*((Grammar(),) if self.grammar else ()), *((memory,) if memory is not None else ()))


@contextmanager
def translators(options: Mapping[str, Any], *, spend: bool = True) -> Iterator[Translators]:
    """Yield the translators that the options ask for, and tell what they cost. Without `spend` no model is asked.

    Raises PlotError for a configuration that is wrong.
    """
    replayed = options.get("record") is not None, options.get("replay") is not None
    if all(replayed):
        raise click.UsageError("--record writes a recording, and --replay reads one: give one of them.")
    config, judge = _config_and_judge(options)
    name = _ensemble(options, config, judge)
    grammar = bool(options.get("grammar", True)) or not config.translators
    spender = _client(config, options, spend)
    try:
        # A recording holds all that was asked, so that it can be played where nothing is remembered.
        memory = bool(options.get("memory", True)) and not any(replayed)
        found = Translators(config, spender, name, judge, grammar, memory, options.get("top"))
        yield found
        _tell_mixtures(found, options)
    finally:
        if spender is not None:
            _tell(spender, options)
            spender.close()


def _ensemble(options: Mapping[str, Any], config: Config, judge: Entry | None) -> str:
    """Return the name of the ensemble. Raises PlotError for one that there is not, or whose judge is wrong."""
    named = options.get("ensemble")
    if not (named or config.entries or judge is not None):
        return USUAL
    name: str = named or ensembles.usual(config.entries)
    forgotten = bool(options.get("forget")) and name == ensembles.FUSION  # to forget, no judge is needed
    return ensembles.checked(name, judged=judge is not None or forgotten)


def families_of(config: Config) -> dict[str, str]:
    """Return the underlying model of each translator; several translators may share one."""
    return {entry.name: f"{entry.base_url} {entry.model}" for entry in config.entries}


def kept(name: str, store: Store) -> Mapping[str, Any]:
    """Return what `plot tune` has learned for an ensemble."""
    return store.abilities(f"ensemble {name}")


def keep(name: str, store: Store, learned: Mapping[str, Any]) -> None:
    """Keep what was learned for an ensemble; nothing, to forget it."""
    store.keep_abilities(f"ensemble {name}", learned)
    if name == ensembles.BANDIT and not learned:
        store.keep_abilities(OUTCOMES, {})


def _config_and_judge(options: Mapping[str, Any]) -> tuple[Config, Entry | None]:
    """Return the configuration, and the model that judges; one of plot.yaml that does so translates no more."""
    config, judge = config_of(options), options.get("judge")
    if not judge:
        return config, None
    entry = config_of({**options, "models": (judge,)}).entries[0]
    others = tuple(one for one in config.translators if one.entry.name != entry.name)
    return (config if options.get("models") or not others else replace(config, translators=others)), entry


def config_of(options: Mapping[str, Any], mistakes: list[PlotError] | None = None) -> Config:
    """Return the configuration with the options of a command; `mistakes` are gathered as `configured` does."""
    names = ("samples", "temperature", "api_key_env", "prompts", "timeout", "repairs")
    changes = {name: options[name] for name in names if options.get(name) is not None}
    limits = {name: options.get(f"max_{name}") for name in ("calls", "tokens", "cost")}
    return configured(options.get("models") or (), options.get("base_url"), changes, limits, mistakes)


def _client(config: Config, options: Mapping[str, Any], spend: bool) -> Client | None:
    store = Store()
    if not config.translators and not store.path.is_file():
        return None
    recorded = None
    if options.get("record") is not None:
        recorded = recording.Recording(options["record"], records=True)
    elif options.get("replay") is not None:
        recorded = recording.Recording(options["replay"], records=False)
    limits = config.limits if spend else Limits(calls=0)
    cache, refresh = bool(options.get("cache", True)), bool(options.get("refresh"))
    watch = spending(not (options.get("as_json") or options.get("quiet")))
    return client.Client(
        limits=limits, store=store, cache=cache, refresh=refresh, recording=recorded, tell=warn, watch=watch
    )


def _tell_mixtures(found: Translators, options: Mapping[str, Any]) -> None:
    """Tell which models could not be asked, where others did, and how the load was spread if only some are asked."""
    for error in {error.message: error for mixture in found.mixtures for error in mixture.unasked}.values():
        warn(f"note: {error.message}")
    for gate in (mixture.stages[-1].gate for mixture in found.mixtures):
        if found.at_once is not None and isinstance(gate, gates.ReliableGate) and gate.load.calls and _talks(options):
            warn(gate.told())


def _talks(options: Mapping[str, Any]) -> bool:
    return not (options.get("as_json") or options.get("quiet"))


def _tell(spender: Client, options: Mapping[str, Any]) -> None:
    for warning in spender.store.warnings:
        warn(f"note: {warning}")
    if str(spender.usage) and _talks(options):
        warn(f"language models: {spender.usage}")


__all__ = ["Translators", "config_of", "keep", "kept", "translators"]
