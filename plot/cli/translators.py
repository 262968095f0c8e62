"""Who translates for a command: the grammar, then what is remembered, then the configured language models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import click

from plot.cli.output import warn
from plot.language import Budget
from plot.llm import Client, Limits, Usage
from plot.llm.config import Config, configured
from plot.llm.recording import Recording
from plot.llm.store import Store
from plot.translate.base import Translator
from plot.translate.cascade import Cascade
from plot.translate.grammar import Grammar
from plot.translate.mixture import DEFAULT, Mixture, Scheme, scheme_called
from plot.translate.mixture.gate import ReliableGate
from plot.translate.model import LanguageModel, Memory

HINT = "a language model may read it: --model NAME (see `plot models --help`)"


@dataclass(frozen=True, slots=True)
class Translators:
    """The translators of one command, and the client of its language models (None where there are none)."""

    config: Config
    client: Client | None
    grammar: bool = True
    memory: bool = True
    ensemble: str = DEFAULT
    asked_at_once: int | None = None
    gates: list[ReliableGate] = field(default_factory=list)

    @property
    def usage(self) -> Usage | None:
        """What was spent so far, None where no model is configured."""
        return self.client.usage if self.client is not None and self.config.translators else None

    def of(self, seed: int, budget: Budget | None) -> tuple[Translator, ...]:
        """Return the translators of a conversation."""
        stages: list[tuple[Translator, ...]] = [(Grammar(),)] if self.grammar else []
        client = self.client
        if client is not None:
            memory = Memory(client, seed) if self.memory else None
            if memory is not None:
                stages.append((memory,))
            models = self.models(seed, budget, memory)
            if models:
                scheme = tuned(self.ensemble, client.store)
                families = families_of(self.config)
                gate = self._gate_of(client.store)
                mixture = Mixture(models, scheme, gate, families=families, seed=seed, budget=budget)
                stages.append((mixture,))
        return (Cascade(tuple(stages), hint=None if self.config.translators else HINT),)

    def models(self, seed: int, budget: Budget | None, memory: Memory | None = None) -> tuple[LanguageModel, ...]:
        """Return the configured language models as translators."""
        if self.client is None:
            return ()
        return tuple(LanguageModel(entry, self.client, memory, seed, budget) for entry in self.config.entries)

    def _gate_of(self, store: Store) -> ReliableGate:
        """Return the gate over the models, by what `plot tune` has learnt of them."""
        known: Any = tuned("weighted", store)
        entries = self.config.entries
        rpm = {entry.name: entry.rpm for entry in entries}
        names = [entry.name for entry in entries]
        self.gates.append(ReliableGate(names, self.asked_at_once, reliability=known.reliability, rpm=rpm))
        return self.gates[-1]


@contextmanager
def translators(options: Mapping[str, Any], *, spend: bool = True) -> Iterator[Translators]:
    """Yield the translators that the options ask for, and tell what they cost. Without `spend` no model is asked.

    Raises PlotError for a configuration that is wrong.
    """
    replayed = options.get("record") is not None, options.get("replay") is not None
    if all(replayed):
        raise click.UsageError("--record writes a recording, and --replay reads one: give one of them.")
    config = config_of(options)
    scheme_called(options.get("ensemble") or DEFAULT)  # a mistake in its name is told first
    grammar = bool(options.get("grammar", True)) or not config.translators
    client = _client(config, options, spend)
    try:
        # A recording holds all that was asked, so that it can be played where nothing is remembered.
        memory = bool(options.get("memory", True)) and not any(replayed)
        ensemble, count = options.get("ensemble") or DEFAULT, options.get("top")
        found = Translators(config, client, grammar, memory, ensemble, count)
        yield found
        _tell_load(found, options)
    finally:
        if client is not None:
            _tell(client, options)
            client.close()


def families_of(config: Config) -> dict[str, str]:
    """Return which model stands behind each translator: several may be guises of one."""
    return {entry.name: f"{entry.base_url} {entry.model}" for entry in config.entries}


def tuned(name: str, store: Store) -> Scheme:
    """Return a scheme with what `plot tune` has learnt for it."""
    scheme = scheme_called(name)
    learnt = store.abilities(f"ensemble {scheme.name}")
    if learnt:
        with suppress(ValueError, KeyError, TypeError):
            scheme.load(learnt)
    return scheme


def config_of(options: Mapping[str, Any]) -> Config:
    """Return the configuration with the options of a command."""
    names = ("samples", "temperature", "api_key_env", "prompts", "timeout", "repairs")
    changes = {name: options[name] for name in names if options.get(name) is not None}
    limits = {name: options.get(f"max_{name}") for name in ("calls", "tokens", "cost")}
    return configured(options.get("models") or (), options.get("base_url"), changes, limits)


def _client(config: Config, options: Mapping[str, Any], spend: bool) -> Client | None:
    store = Store()
    if not config.translators and not store.path.is_file():
        return None
    recording = None
    if options.get("record") is not None:
        recording = Recording(options["record"], records=True)
    elif options.get("replay") is not None:
        recording = Recording(options["replay"], records=False)
    limits = config.limits if spend else Limits(calls=0)
    cache, refresh = bool(options.get("cache", True)), bool(options.get("refresh"))
    return Client(limits=limits, store=store, cache=cache, refresh=refresh, recording=recording)


def _tell_load(found: Translators, options: Mapping[str, Any]) -> None:
    for gate in found.gates:
        if found.asked_at_once is not None and gate.load.calls and not (options.get("as_json") or options.get("quiet")):
            warn(gate.told())


def _tell(client: Client, options: Mapping[str, Any]) -> None:
    for warning in client.store.warnings:
        warn(f"note: {warning}")
    if str(client.usage) and not (options.get("as_json") or options.get("quiet")):
        warn(f"language models: {client.usage}")


__all__ = ["Translators", "config_of", "translators"]
