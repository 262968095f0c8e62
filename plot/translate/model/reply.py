"""The schema of replies, and their extraction from free text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import islice
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from plot.errors import PlotError
from plot.translate.base import Act

MOST_ALTERNATIVES = 8
MOST_CODE = 20_000
LANGUAGES = ("", "python", "py", "plot", "text")
MOST_OBJECTS = 200  # places where an object may begin; each is read to where it breaks
_FENCE = re.compile(r"```([^\n`]*)\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)
_OBJECT = re.compile(r'\{\s*"')
_BEGUN = re.compile(r'\{\s*"(?:act|definitions|code|paraphrase|alternatives|unsure)"\s*:')
_THOUGHT = "</think>"  # what stands before it, some models only thought

Share = Annotated[float, Field(ge=0, le=1)]
Code = Annotated[str, Field(max_length=MOST_CODE)]


class _ReplyPart(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ReplyAlternative(_ReplyPart):
    """Another meaning that the utterance may have, with its probability."""

    code: Code
    probability: Share
    paraphrase: str = ""


class Reply(_ReplyPart):
    """A translation as a model gives it; `left_out` are the words that its code does not express.

    `act` is None where the reply was code alone: the code shows it.
    """

    act: Act | None = None
    definitions: Code = ""
    code: Code
    paraphrase: str = ""
    alternatives: tuple[ReplyAlternative, ...] = ()
    unsure: bool = False
    left_out: tuple[str, ...] = ()

    @field_validator("code")
    @classmethod
    def _not_blank(cls, code: str) -> str:
        if not code.strip():
            raise ValueError("it is empty; where no code can be given, say why in 'paraphrase'")
        return code

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
        "act": {"type": "string", "enum": ["knowledge", "observation", "question"]},
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
    said = text.rpartition(_THOUGHT)[2]
    found = _object_in(said)
    if found is None:
        return _code_in(said)
    try:
        return Reply.model_validate(found)
    except ValidationError as error:
        raise _mistakes(error) from None


def _object_in(text: str) -> Mapping[str, Any] | None:
    """Return the first JSON object in a text that has code in it."""
    decoder = json.JSONDecoder(strict=False)
    for start in (match.start() for match in islice(_OBJECT.finditer(text), MOST_OBJECTS)):
        try:
            found, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            if _BEGUN.match(text, start):
                return None  # an object that is cut off: what stands inside it is not what it means
            continue
        if isinstance(found, dict) and "code" in found:
            return found
    return None


def _code_in(text: str) -> Reply:
    """Return the code of the fenced blocks in a text."""
    blocks = [body for about, body in _FENCE.findall(text) if (about.lower().split() or [""])[0] in LANGUAGES]
    code = "\n".join(block.strip("\n") for block in blocks if not block.lstrip().startswith("{"))
    if code.strip():
        return Reply(code=code[:MOST_CODE])
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
        parts.append(f"{place}: {mistake['msg'].removeprefix('Value error, ')}")
    return PlotError(
        "the reply does not fit the schema: " + "; ".join(parts), hint="reply with one JSON object of the schema"
    )


__all__ = ["SCHEMA", "Reply", "ReplyAlternative", "read_reply"]
