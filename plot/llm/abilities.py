"""Capabilities of an endpoint's model, found out from what it complains of, and remembered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from plot.text import Json

LADDER = ("json_schema", "json_object", "text")
LIMITS = ("max_tokens", "max_completion_tokens")
NO_LIMIT = ""
_OF_FORM = ("response_format", "json_schema", "json_object", "schema", "grammar", "text.format", "structured output")
GRAMMARS = ("grammar", "structured_outputs")  # as llama.cpp and vLLM call them
_OF_LOGPROBS = re.compile(r"logprobs|['\"`]include")  # the Responses API includes them
_OF_LIMIT = (*LIMITS, "max_output_tokens", "max_new_tokens")


@dataclass(frozen=True, slots=True)
class Abilities:
    """Capabilities of an endpoint's model.

    Attributes:
        form: How a reply's form is asked for: the first of `LADDER` that is understood.
        limit: What chat completions call the limit of tokens; empty where there must be none.
        temperature: Whether a temperature may be given.
        system: Whether there is a role *system*.
        stream: Whether replies come as streams of events only.
        store: Whether it may be said that a reply is not to be stored (Responses API).
        grammar: Whether replies may be constrained by a grammar.
        logprobs: Whether log probabilities may be asked for.
        bare: Whether a base URL without a path is used as it is, without `/v1`.
        proven: Whether the form has been accepted once.
    """

    form: str = LADDER[0]
    limit: str = LIMITS[0]
    temperature: bool = True
    system: bool = True
    stream: bool = False
    store: bool = True
    grammar: bool = True
    logprobs: bool = True
    bare: bool = False
    proven: bool = False

    @classmethod
    def from_json(cls, kept: Mapping[str, Json]) -> Abilities:
        """Return remembered capabilities; the usual ones where what was kept is damaged."""
        known = {field.name: kept[field.name] for field in fields(cls) if field.name in kept}
        found = cls(**known)  # type: ignore[arg-type]
        flags = [getattr(found, field.name) for field in fields(cls) if field.name not in ("form", "limit")]
        sound = found.form in LADDER and found.limit in (*LIMITS, NO_LIMIT)
        return found if sound and all(isinstance(flag, bool) for flag in flags) else cls()

    def without(self, complaint: str) -> Abilities | None:
        """Return what is left after a complaint about a request; None where it is about nothing of these."""
        said = complaint.lower()
        if self.logprobs and _OF_LOGPROBS.search(said):
            return replace(self, logprobs=False)
        if self.limit and any(word in said for word in _OF_LIMIT):
            renamed = LIMITS[1] in said and self.limit == LIMITS[0]
            return replace(self, limit=LIMITS[1] if renamed else NO_LIMIT)
        if self.grammar and any(word in said for word in GRAMMARS):
            return replace(self, grammar=False)
        if "temperature" in said and self.temperature:
            return replace(self, temperature=False)
        if self.system and ("roles must alternate" in said or ("system" in said and "role" in said)):
            return replace(self, system=False)
        if "stream" in said and not self.stream:
            return replace(self, stream=True)
        if "store" in said and self.store:
            return replace(self, store=False)
        if any(word in said for word in _OF_FORM):
            return self.lower()
        return None

    def lower(self) -> Abilities | None:
        """Return the next form of replies, None where there is no simpler one."""
        if self.form == LADDER[-1]:
            return None
        return replace(self, form=LADDER[LADDER.index(self.form) + 1], proven=False)


__all__ = ["GRAMMARS", "LADDER", "Abilities"]
