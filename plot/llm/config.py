"""Configuration of models: plot.yaml of the user and the project, the environment, and options."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from platformdirs import user_config_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from plot.errors import PlotError, PlotErrors
from plot.files import read_text
from plot.llm.entries import OPENAI, Entry
from plot.llm.limits import Limits
from plot.llm.trust import Permission, needed, refusal, remembered
from plot.worldfile.marked import Marked, read
from plot.worldfile.mistakes import explain

FILE = "plot.yaml"
FOLDER_VARIABLE = "PLOT_CONFIG_DIR"
MODEL_VARIABLE, URL_VARIABLE = "PLOT_MODEL", "OPENAI_BASE_URL"
_SECRET = re.compile(r"key|secret|password|//[^/\s]*@|[A-Za-z0-9_-]{24,}", re.IGNORECASE)


class SpendingLimits(BaseModel):
    """The spending limits of one command."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    calls: Annotated[int, Field(strict=True, ge=1)] | None = None
    tokens: Annotated[int, Field(strict=True, ge=1)] | None = None
    cost: Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)] | None = None


class ConfigFile(BaseModel):
    """A file plot.yaml: translators, what a command may spend, and in the user's own, which hosts may be asked."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    translators: tuple[Entry, ...] = ()
    limits: SpendingLimits = Field(default_factory=SpendingLimits)
    allow: tuple[Permission, ...] = ()


@dataclass(frozen=True, slots=True)
class Configured:
    """A translator that is configured, and where: an option, the environment, or a file.

    `foreign` are the fields of its endpoint that only the project's file says, `needs` what is to be allowed for them.
    """

    entry: Entry
    origin: str
    foreign: frozenset[str] = frozenset()
    needs: Permission | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """The translators that a command uses, and what it may spend."""

    translators: tuple[Configured, ...] = ()
    limits: Limits = field(default_factory=Limits)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries of the translators."""
        return tuple(one.entry for one in self.translators)


def user_file() -> Path:
    """Return where the user's own plot.yaml is: in the user's config folder, or where PLOT_CONFIG_DIR says."""
    return Path(os.environ.get(FOLDER_VARIABLE) or user_config_path("plot", appauthor=False)) / FILE


def configured(
    models: Sequence[str] = (),
    base_url: str | None = None,
    changes: Mapping[str, Any] | None = None,
    limits: Mapping[str, Any] | None = None,
    mistakes: list[PlotError] | None = None,
) -> Config:
    """Return what is configured: options over the environment over the project's file over the user's.

    The project's file may be a stranger's: what it says of hosts and keys counts where the user allows it (`trust`).
    `models` are `--model` options: the name of a configured translator, a model, or `alias=model`. With them, or with
    PLOT_MODEL, only these are used. `changes` are set on every entry. Raises PlotError; with a list of `mistakes`,
    those of single translators in the files are added to it, and the other translators returned.
    """
    own = _file(user_file(), mistakes) if user_file().is_file() else ConfigFile()
    project = _file(Path(FILE), mistakes, own=False) if _is_there() else ConfigFile()
    found = {entry.name: Configured(entry, str(user_file())) for entry in own.translators}
    found |= {entry.name: _foreign(entry, found.get(entry.name)) for entry in project.translators}
    named = [(model, "--model") for model in models]
    if not named and os.environ.get(MODEL_VARIABLE, "").strip():
        named = [(os.environ[MODEL_VARIABLE].strip(), MODEL_VARIABLE)]
    if named:
        found = _apart([_named(text, origin, base_url, found) for text, origin in named])
    elif base_url is not None:
        found = {name: _changed(one, {"base_url": base_url}) for name, one in found.items()}
    if changes:
        found = {name: _changed(one, changes) for name, one in found.items()}
    allowed = {Permission(host=entry.host, api_key_env=entry.key_variable) for entry in own.translators}
    allowed |= {*own.allow, *remembered(user_file().parent)}
    return Config(tuple(_judged(one, allowed) for one in found.values()), _limits(own, project, limits or {}))


def _is_there() -> bool:
    """Return whether there is a project's file, which is not the user's own."""
    here = Path(FILE)
    return here.is_file() and here.resolve() != user_file().resolve()


def _foreign(entry: Entry, own: Configured | None) -> Configured:
    """Return an entry of the project's file; what it leaves out is as in the user's own entry of that name."""
    written = {name: value for name, value in entry.model_dump().items() if name in entry.model_fields_set}
    foreign = frozenset({"base_url", "api_key_env"} & written.keys())
    return Configured(_entry({**_kept(own, written), **written}), FILE, foreign)


def _kept(own: Configured | None, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stays of an entry; that its key may go without TLS is for its own host only."""
    if own is None:
        return {}
    return {**own.entry.model_dump(), **({"allow_http": False} if "base_url" in changes else {})}


def _judged(one: Configured, allowed: Collection[Permission]) -> Configured:
    """Return an entry as one that may not be asked, where it needs what is not allowed."""
    need = needed(one.entry, one.foreign)
    if need is None or need.within(allowed):
        return one
    return replace(one, entry=one.entry.refused(refusal(one.entry, need, FILE)), needs=need)


def _apart(chosen: Sequence[Configured]) -> dict[str, Configured]:
    """Return translators by their names. Raises PlotError where two that differ have one name."""
    found: dict[str, Configured] = {}
    for one in chosen:
        if found.setdefault(one.entry.name, one).entry != one.entry:
            raise PlotError(f"two models are called '{one.entry.name}'", hint=f"{one.origin} alias=MODEL names each")
    return found


def _named(text: str, origin: str, base_url: str | None, known: Mapping[str, Configured]) -> Configured:
    """Return the translator that an option names: a configured one, or one made of the model's name."""
    alias, sign, model = text.partition("=")
    if not sign and text in known:
        return replace(_changed(known[text], {"base_url": base_url} if base_url is not None else {}), origin=origin)
    name, model = (alias.strip(), model.strip()) if sign else (text.strip(), text.strip())
    if not name or not model:
        raise PlotError(f"'{text}' is not the name of a model", hint=f"write {origin} gpt-…, or {origin} alias=gpt-…")
    url = base_url or os.environ.get(URL_VARIABLE, "").strip() or OPENAI
    return Configured(_entry({"name": name, "model": model, "base_url": url}), origin)


def _changed(one: Configured, changes: Mapping[str, Any]) -> Configured:
    """Return an entry with what options say of it, which is the user's word."""
    if not changes:
        return one
    said = {*changes, *(("base_url",) if "api_key_env" in changes and one.entry.is_local else ())}
    return replace(one, entry=_entry({**_kept(one, changes), **changes}), foreign=one.foreign - said)


def _entry(values: Mapping[str, Any]) -> Entry:
    try:
        return Entry.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise PlotError(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None


def _file(path: Path, mistakes: list[PlotError] | None, *, own: bool = True) -> ConfigFile:
    text = read_text(path, "a configuration")
    if all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines()):
        return ConfigFile()
    try:
        return _parsed(text, path, own, mistakes)
    except PlotError as error:
        raise _discreet(error) from None


def _discreet(error: PlotError) -> PlotError:
    """Return an error that tells the place, but not what stands there, where that may be a secret."""
    for one in (error, *(error.errors if isinstance(error, PlotErrors) else ())):
        if one.span is not None and _SECRET.search(one.span.excerpt()):
            one.span = None
    return error


def _parsed(text: str, path: Path, own: bool, mistakes: list[PlotError] | None) -> ConfigFile:
    marked = read(text, str(path))
    if not isinstance(marked.value, dict):
        raise PlotError(f"'{path}' is not a mapping", hint="it should begin with 'translators:'", span=marked.span)
    try:
        found = ConfigFile.model_validate(marked.plain)
        places = list(range(len(found.translators)))
    except ValidationError as error:
        explained = explain(error, marked, ConfigFile)
        wrong = {one["loc"][1] for one in error.errors() if one["loc"][0] == "translators" and len(one["loc"]) > 1}
        if mistakes is None or any(one["loc"][:1] != ("translators",) or len(one["loc"]) < 2 for one in error.errors()):
            raise explained from None
        mistakes.append(_discreet(explained))
        entries = marked.plain["translators"]
        places = [number for number in range(len(entries)) if number not in wrong]
        found = ConfigFile.model_validate({**marked.plain, "translators": [entries[number] for number in places]})
    if not own:
        _refuse_rights(found, places, marked)
    names = [entry.name for entry in found.translators]
    for number, name in enumerate(names):
        if name in names[:number]:
            span = marked.at(("translators", places[number], "name")).span
            raise PlotError(f"two translators are called '{name}'", hint="give each its own name", span=span)
    beside = {"translators": tuple(_beside(entry, path.parent) for entry in found.translators)}
    return found.model_copy(update=beside)


def _refuse_rights(found: ConfigFile, places: Sequence[int], marked: Marked) -> None:
    """Refuse a project's file that allows something by itself."""
    hint = f"put it in your own: {user_file()}"
    if found.allow:
        raise PlotError("'allow' is only allowed in your own plot.yaml", hint=hint, span=marked.at(("allow",)).span)
    for number, entry in zip(places, found.translators, strict=True):
        if entry.allow_http:
            span = marked.at(("translators", number, "allow_http")).span
            raise PlotError("'allow_http' is only allowed in your own plot.yaml", hint=hint, span=span)


def _beside(entry: Entry, folder: Path) -> Entry:
    """Return an entry whose folder of prompts is found from the file's own folder."""
    return entry.model_copy(update={"prompts": str(folder / entry.prompts)}) if entry.prompts is not None else entry


def _limits(own: ConfigFile, project: ConfigFile, options: Mapping[str, Any]) -> Limits:
    """Return the limits: the user's own, which a project's file may lower but not raise, and options before all."""
    found = {name: value for name, value in asdict(Limits()).items() if value is not None}
    found |= own.limits.model_dump(exclude_none=True)
    for name, value in project.limits.model_dump(exclude_none=True).items():
        found[name] = min(value, found.get(name, value))
    return Limits(**{**found, **{name: value for name, value in options.items() if value is not None}})


__all__ = ["Config", "Configured", "configured", "user_file"]
