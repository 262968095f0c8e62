"""Trust in hosts and keys: a project's plot.yaml needs the user's permission."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from plot.errors import PlotError
from plot.files import read_text, write_text
from plot.llm.entries import Entry, Text, host_of, variable_name

FILE = "allowed.json"


class Permission(BaseModel):
    """A host (with its port, unless that is the usual one) that may be asked, with the key of a variable or without."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Text
    api_key_env: Text | None = None

    _variable = field_validator("api_key_env")(variable_name)

    @field_validator("host")
    @classmethod
    def _host(cls, text: str) -> str:
        return host_of(f"https://{text.lower()}")

    def __str__(self) -> str:
        return f"{self.host} with the key in {self.api_key_env}" if self.api_key_env else f"{self.host} without a key"

    def within(self, allowed: Collection[Permission]) -> bool:
        """Return whether this is allowed; who may be sent a key may be asked without one."""
        return any(one.host == self.host and self.api_key_env in (None, one.api_key_env) for one in allowed)


def needed(entry: Entry, foreign: Collection[str]) -> Permission | None:
    """Return what must be allowed before an entry is asked of which some fields, `foreign`, are a stranger's.

    A model alone, or one on this machine without a key, needs nothing; OpenAI's own endpoint with its own key is where
    a model without a base URL is asked.
    """
    elsewhere = "base_url" in foreign and not entry.is_local and not entry.is_usual
    keyed = "api_key_env" in foreign and entry.api_key_env is not None and not entry.is_usual
    if not (elsewhere or keyed or ("base_url" in foreign and entry.api_key_env is not None and not entry.is_usual)):
        return None
    return Permission(host=entry.host, api_key_env=entry.key_variable)


def refusal(entry: Entry, need: Permission, file: str) -> PlotError:
    """Return the error for an entry of a stranger's file that is not allowed."""
    flags = f"--base-url {entry.base_url}" + (f" --api-key-env {need.api_key_env}" if need.api_key_env else "")
    return PlotError(
        f"'{entry.name}' would send your utterances to {need}, as requested by '{file}', which is not your own file",
        hint=f"if you trust it: `plot models --allow {entry.name}` (permanent); or for one command, {flags}",
    )


def remembered(folder: Path) -> frozenset[Permission]:
    """Return what was confirmed. Raises PlotError where the file is damaged."""
    path = folder / FILE
    if not path.is_file():
        return frozenset()
    try:
        rows: Any = json.loads(read_text(path, "a list of hosts"))
        return frozenset(Permission.model_validate(row) for row in rows)
    except (ValueError, TypeError, ValidationError, RecursionError):
        raise PlotError(f"'{path}' is damaged", hint="`plot forget allowed` removes it") from None


def remember(folder: Path, confirmed: Iterable[Permission]) -> None:
    """Add to what was confirmed. Raises PlotError where it can't be kept."""
    rows = sorted({*remembered(folder), *confirmed}, key=str)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise PlotError(f"'{folder}' can't be made: {(error.strerror or str(error)).lower()}") from None
    text = json.dumps([row.model_dump() for row in rows], indent=1)
    write_text(folder / FILE, text + "\n", private=True)


__all__ = ["FILE", "Permission", "needed", "refusal", "remember", "remembered"]
