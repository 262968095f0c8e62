"""The schema of replies, and their extraction from free text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import islice
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from plot.errors import PlotError
from plot.translate.base import Act
from plot.translate.model.lenient import fields_of, read_object

MOST_ALTERNATIVES = 8
MOST_CODE = 20_000
LANGUAGES = ("", "python", "py", "plot", "text")
MOST_OBJECTS = 200  # places where an object may begin; each is read to where it breaks
_FENCE = re.compile(r"```([^\n`]*)\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)
_OBJECT = re.compile(r"""\{\s*["']""")
_BEGUN = re.compile(r"""\{\s*["'](?:act|definitions|code|paraphrase|alternatives|unsure|left_out)["']\s*:""")
_CLOSED = re.compile(  # what stands before it, a model only thought; in harmony, before the channel *final*
    r"</think(?:ing)?>|\[/THINK\]|◁/think▷|</reason(?:ing)?>"
    r"|<\|channel\|>\s*final\s*(?:<\|constrain\|>[^<]*)?<\|message\|>",
    re.IGNORECASE,
)
_OPENED = re.compile(r"<think(?:ing)?>|\[THINK\]|◁think▷|<reason(?:ing)?>|<\|channel\|>", re.IGNORECASE)
_MEANING = frozenset({"act", "definitions", "code"})
_PERCENT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%\s*")

Share = Annotated[float, Field(ge=0, le=1)]
Code = Annotated[str, Field(max_length=MOST_CODE)]


class _ReplyPart(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _lenient(cls, given: Any) -> Any:
        """Take what is null as not given, and a list of lines as a text."""
        if not isinstance(given, Mapping):
            return given
        known = {name: value for name, value in given.items() if value is not None}
        for name in ("code", "definitions", "paraphrase"):
            if isinstance(known.get(name), list) and all(isinstance(line, str) for line in known[name]):
                known[name] = "\n".join(known[name])
        return known


class ReplyAlternative(_ReplyPart):
    """Another meaning that the utterance may have, with its probability."""

    code: Code
    probability: Share
    paraphrase: str = ""

    @field_validator("probability", mode="before")
    @classmethod
    def _percentage(cls, share: Any) -> Any:
        """Take 30 and "30%" as 0.3."""
        if isinstance(share, str) and (percent := _PERCENT.fullmatch(share)):
            return float(percent[1]) / 100
        hundredths = isinstance(share, (int, float)) and not isinstance(share, bool) and 1 < share <= 100
        return share / 100 if hundredths else share


class Reply(_ReplyPart):
    """A translation as a model gives it; `left_out` are the words that its code does not express.

    Of an utterance that says nothing of the world, `paraphrase` says why.

    `act` is None where the reply was code alone: the code shows it.
    """

    act: Act | None = None
    definitions: Code = ""
    code: Code = ""
    paraphrase: str = ""
    alternatives: tuple[ReplyAlternative, ...] = ()
    unsure: bool = False
    left_out: tuple[str, ...] = ()

    @field_validator("act", mode="before")
    @classmethod
    def _small_letters(cls, act: Any) -> Any:
        return act.strip().lower() if isinstance(act, str) else act

    @field_validator("left_out", "alternatives", mode="before")
    @classmethod
    def _several(cls, found: Any) -> Any:
        """Take one that is in no list as the only one."""
        if isinstance(found, (str, Mapping)):
            return [found] if found else []
        return found

    @model_validator(mode="after")
    def _says_something(self) -> Reply:
        if self.act == "nothing" and not self.paraphrase.strip():
            raise ValueError("where the act is nothing, say why in 'paraphrase'")
        if self.act == "nothing" and self.code.strip():
            raise ValueError("the act is nothing, but there is code")
        if self.act != "nothing" and not self.code.strip():
            raise ValueError("the code is empty; where an utterance says nothing about this world, the act is nothing")
        return self

    @field_validator("alternatives")
    @classmethod
    def _likely(cls, found: tuple[ReplyAlternative, ...]) -> tuple[ReplyAlternative, ...]:
        if sum(one.probability for one in found) > 1 + 1e-6:
            raise ValueError("their probabilities sum to more than 1; the first meaning has what they leave")
        return found[:MOST_ALTERNATIVES]


SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["act", "definitions", "code", "paraphrase", "alternatives", "unsure", "left_out"],
    "properties": {
        "act": {"type": "string", "enum": ["knowledge", "observation", "question", "nothing"]},
        "definitions": {"type": "string", "description": "new functions that the code needs, or empty"},
        "code": {"type": "string", "description": "the statements that the utterance means"},
        "paraphrase": {"type": "string", "description": "what you think was meant, in one sentence"},
        "alternatives": {
            "type": "array",
            "description": "other meanings that the speaker may have had, empty where the utterance is clear",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["code", "probability", "paraphrase"],
                "properties": {
                    "code": {"type": "string"},
                    "probability": {"type": "number"},
                    "paraphrase": {"type": "string"},
                },
            },
        },
        "unsure": {"type": "boolean", "description": "true where you doubt that this is what was meant"},
        "left_out": {
            "type": "array",
            "description": "words of the utterance that the code does not express, empty where it expresses them all",
            "items": {"type": "string"},
        },
    },
}


def read_reply(text: str) -> Reply:
    """Return the translation in a reply: a JSON object, one somewhere in a text, or code in a fence.

    Raises PlotError, in words that the model can use, where there is none.

    >>> read_reply('Sure!\\n```python\\nquery(strength("tom"))\\n```').code
    'query(strength("tom"))'
    """
    said = text[slice(*_said(text))]
    found = _object_in(said)
    if found is None:
        return _code_in(said)
    try:
        return Reply.model_validate(found[0])
    except ValidationError as error:
        raise _mistakes(error) from None


def meaning_spans(text: str) -> list[tuple[int, int]]:
    """Return where in a text its translation says what is meant: its act, definitions and code, with their names.

    >>> [text[start:end] for text in ['Hm. {"act": "question", "code": "query(1)", "paraphrase": "x"}']
    ...  for start, end in meaning_spans(text)]
    ['"act": "question"', '"code": "query(1)"']
    """
    start, end = _said(text)
    said = text[start:end]
    if (found := _object_in(said)) is not None:
        _, first, last = found
        return [(start + begin, start + stop) for name, begin, stop in fields_of(said, first, last) if name in _MEANING]
    fences = [match for match in _FENCE.finditer(said) if match[2].strip()]
    return [(start + fences[-1].start(2), start + fences[-1].end())] if fences else []


def _said(text: str) -> tuple[int, int]:
    """Return where it stands what comes after the last thought of a model; nowhere, where a thought does not end."""
    start = max((match.end() for match in _CLOSED.finditer(text)), default=0)
    opened = _OPENED.search(text, start)
    return start, opened.start() if opened is not None else len(text)


def _object_in(text: str) -> tuple[Mapping[str, Any], int, int] | None:
    """Return the last complete JSON object in a text that has code in it, and where: those before it are drafts.

    What stands inside an object that is cut off is not what it means, unless it is a whole reply by itself.
    """
    last: tuple[Mapping[str, Any], int, int] | None = None
    end, broken = 0, False
    for start in (match.start() for match in islice(_OBJECT.finditer(text), MOST_OBJECTS)):
        if start < end:
            continue
        try:
            found, after = read_object(text, start)
        except (ValueError, RecursionError):
            broken = broken or _BEGUN.match(text, start) is not None
            continue
        if ("code" in found or found.get("act") == "nothing") and ("act" in found or not broken):
            last, end = (found, start, after), after
    return last


def _code_in(text: str) -> Reply:
    """Return the code of the last fenced block in a text: those before it are drafts."""
    blocks = [body for about, body in _FENCE.findall(text) if (about.lower().split() or [""])[0] in LANGUAGES]
    codes = [block.strip("\n") for block in blocks if block.strip() and not block.lstrip().startswith("{")]
    if codes:
        return Reply(code=codes[-1][:MOST_CODE])
    hint = 'reply with one JSON object that has the keys "act", "code" and the others of the schema'
    raise PlotError(_lack(text.strip()), hint=hint)


def _lack(text: str) -> str:
    """Say why a text is no reply."""
    if not text.startswith(("{", "```")):
        return "the reply holds no JSON object and no code"
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return "the reply is JSON that ends too early or is broken"
    return 'the reply is JSON, but no object with the key "code"'


def _mistakes(error: ValidationError) -> PlotError:
    parts = []
    for mistake in error.errors(include_url=False, include_input=False)[:5]:
        place = ".".join(str(step) for step in mistake["loc"])
        said = mistake["msg"].removeprefix("Value error, ")
        parts.append(f"{place}: {said}" if place else said)
    return PlotError(
        "the reply does not fit the schema: " + "; ".join(parts), hint="reply with one JSON object of the schema"
    )


__all__ = ["SCHEMA", "Reply", "ReplyAlternative", "meaning_spans", "read_reply"]
