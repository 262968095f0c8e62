"""Weights by log probabilities: what sampling estimates, where a server tells them, and samples where it does not."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import openai.types.chat as chat_types
import openai.types.responses as response_types
import pytest

from plot.conversation import World
from plot.llm import Client
from plot.llm.logprobs import tokens_of
from plot.llm.store import Store
from plot.testing import Fault, ScriptedModel, Status
from plot.testing.protocol import ReceivedRequest as Came
from plot.testing.protocol import Response, completion
from plot.translate import LanguageModel
from plot.translate.model.reply import meaning_spans
from plot.translate.model.weights import ScoredText, scored, weights_of
from tests.llm.helpers import Raw, complaint, entry, reply
from tests.support.tolerances import agrees

pytestmark = pytest.mark.usefixtures("own_folders", "quick")
SAID = "Would you put money on Mary against Tom?"
MARY, TOM = 'query(strength("mary") > strength("tom"))', 'query(strength("tom") < strength("mary"))'
OTHER, BOTH = 'query(won_against(["mary"], ["tom"], 1))', 'query(strength("mary") > 60 and strength("tom") < 60)'
PLANTED = {MARY: 0.3, TOM: 0.2, OTHER: 0.4, BOTH: 0.1}
SAMPLES = 32


def tokens(text: str, size: int) -> list[bytes]:
    """Return a text in tokens that end anywhere, inside of characters and across the quotes of JSON too."""
    whole = text.encode()
    return [whole[start : start + size] for start in range(0, len(whole), size)]


def texts_of(planted: Mapping[str, float]) -> dict[str, float]:
    """Return whole replies with their probabilities; each code has two paraphrases, one rarer than the other."""
    return {
        json.dumps(reply(code, "question", paraphrase=words), ensure_ascii=False): share * part
        for code, share in planted.items()
        for words, part in (("Zoë größer?", 0.9), ("Is it … Mary?", 0.1))
    }


def log_probabilities(text: str, texts: Mapping[str, float], size: int) -> list[float]:
    """Return the log probability of each token of a text after those before it, by the probabilities of whole texts."""
    parts, begun, found = {one: tokens(one, size) for one in texts}, 1.0, []
    for place in range(1, len(parts[text]) + 1):
        same = math.fsum(share for one, share in texts.items() if parts[one][:place] == parts[text][:place])
        found.append(math.log(same / begun))
        begun = same
    return found


class Scored(Fault):
    """A reply with the log probabilities of its tokens, and what comes before and after it; in a stream if asked."""

    def __init__(self, text: str, logprobs: Sequence[float], size: int) -> None:
        parts = [(b"<think>", -3.0), *zip(tokens(text, size), logprobs, strict=True), (b"<end>", -0.1)]
        self.text = text
        self.told = [
            {"token": part.decode(errors="replace"), "bytes": list(part), "logprob": log, "top_logprobs": []}
            for part, log in parts
        ]

    def response(self, request: Came) -> Response:
        whole: Any = completion(request, self.text)
        if request.is_for_response:
            if request.body.get("include") == ["message.output_text.logprobs"]:
                whole["output"][0]["content"][0]["logprobs"] = self.told
            response_types.Response.model_validate(whole, strict=True)
        else:
            if request.body.get("logprobs") is True:
                whole["choices"][0]["logprobs"] = {"content": self.told, "refusal": None}
            chat_types.ChatCompletion.model_validate(whole, strict=True)
        if request.body.get("stream") is True and not request.is_for_response:
            choice = {**whole["choices"][0], "delta": {"content": self.text}}
            halves = [self.told[:5], self.told[5:]]
            events = [{"choices": [{**choice, "logprobs": {"content": halves[0]}}]}]
            events += [{"choices": [{"delta": {}, "logprobs": {"content": halves[1]}, "finish_reason": "stop"}]}]
            return Response("".join(f"data: {json.dumps(event)}\n\n" for event in events).encode())
        return Raw(whole).response(request)


def drawing(size: int, seed: int = 0) -> tuple[Callable[[Came], Fault], list[str]]:
    """Return a model that draws replies by the planted probabilities, and the replies that it has given."""
    texts, randomness, given = texts_of(PLANTED), random.Random(seed), list[str]()

    def speak(came: Came) -> Fault:
        (text,) = randomness.choices(list(texts), list(texts.values()))
        given.append(text)
        return Scored(text, log_probabilities(text, texts, size), size)

    return speak, given


def weights(client: Client, server: ScriptedModel, **more: Any) -> dict[str, float]:
    """Return the weights of the meanings of an utterance, by the code that each is shown in."""
    asked = entry(server, **{"samples": SAMPLES, "parallel": 8, "weights": "logprobs", **more})
    talk = World.load("tugofwar").conversation(facts=False, translators=(LanguageModel(asked, client),))
    (told,) = talk.translate(SAID)
    return {same.code.strip(): one.weight for one in told.readings for same in (one, *one.merged)}


@pytest.mark.parametrize(("api", "size", "streams"), [("chat", 7, False), ("chat", 2, True), ("responses", 5, False)])
def test_the_weight_of_a_meaning_is_the_probability_of_its_texts(api: str, size: int, streams: bool) -> None:
    speak, given = drawing(size)
    with ScriptedModel(speak, streams=streams) as server, Client(store=Store()) as client:
        found = weights(client, server, api=api)
        codes = [json.loads(text)["code"] for text in given]
        known = math.fsum(PLANTED[code] for code in set(codes))
        assert found[MARY] == found[TOM] == pytest.approx((PLANTED[MARY] + PLANTED[TOM]) / known)
        for code, share in PLANTED.items():
            if code in codes and code not in (MARY, TOM):
                assert found[code] == pytest.approx(share / known)
            error = math.sqrt(share * (1 - share) / SAMPLES)
            assert agrees(codes.count(code) / SAMPLES, share, error), "what is drawn is what is planted"
        asked = len(server.requests)
        assert weights(client, server, api=api) == found and len(server.requests) == asked, "kept with the replies"


def test_counts_are_noisier_than_probabilities() -> None:
    speak, given = drawing(7)
    with ScriptedModel(speak) as server, Client(store=Store(), cache=False) as client:
        found = weights(client, server, weights="samples")
        codes = [json.loads(text)["code"] for text in given]
        assert found[OTHER] == pytest.approx(codes.count(OTHER) / SAMPLES)
        assert all("logprobs" not in came.body for came in server.requests)


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize("how", ["refuses", "refuses without a word", "gives none", "gives others"])
def test_a_server_without_them_is_told_of_and_samples_are_counted(api: str, how: str) -> None:
    drawn, told = [MARY, OTHER, MARY, MARY], list[str]()

    def speak(came: Came) -> Any:
        if "logprobs" in json.dumps(came.body) and how.startswith("refuses"):
            return complaint("'logprobs' is not supported with this model") if how == "refuses" else Status(500)
        made = Scored(json.dumps(reply(drawn[came.sample % len(drawn)], "question")), [-1.0], 10_000)
        made.told = Scored("Another text.", [-1.0], 100).told if how == "gives others" else []
        return made

    with ScriptedModel(speak) as server, Client(store=Store(), cache=False, tell=told.append) as client:
        for _ in range(2):
            found = weights(client, server, api=api, samples=4, parallel=1, retries=0)
            assert found[MARY] == 0.75 and found[OTHER] == 0.25
        assert sum("no log probabilities" in line for line in told) == 1
        if how.startswith("refuses"):
            assert len(server.requests) == 1 + 8, "what was refused once is not asked for again"


def test_replies_that_were_sent_back_count_as_samples() -> None:
    one, other = ScoredText(b"a", math.log(0.2)), ScoredText(b"b", math.log(0.6))
    assert weights_of([one, other, one, other], [False, False, False, True]) == pytest.approx([0.375, 2.25, 0.375, 1])
    assert weights_of([one, None], [False, False]) == [1, 1]
    assert weights_of([None, one], [True, False]) == [1, 1]
    far = ScoredText(b"c", -5_000.0)
    assert weights_of([far, ScoredText(b"d", -5_001.0)], [False] * 2)[0] == pytest.approx(2 / (1 + math.exp(-1)))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            '{"act":"question","definitions":"","code":"f(\\"é\\")","paraphrase":"x"}',
            ['"act":"question"', '"definitions":""', '"code":"f(\\"é\\")"'],
        ),
        ("<think>{\"code\": \"draft\"}</think> {'code': 'a', 'paraphrase': 'b, }'}", ["'code': 'a'"]),
        (
            '{"paraphrase": "x", "code": ["a", "b"], "alternatives": [{"code": "z", "probability": 0.1}]}',
            ['"code": ["a", "b"]'],
        ),
        ("So:\n```python\nquery(1)\n```\nDone.", ["query(1)\n```"]),
        ("Nothing of the kind.", []),
    ],
)
def test_where_a_reply_says_what_is_meant(text: str, meant: list[str]) -> None:
    assert [text[start:end] for start, end in meaning_spans(text)] == meant


def test_tokens_across_the_ends_count_once_and_whole() -> None:
    text = '{"code": "é", "paraphrase": "no"}'
    pieces = [b'{"', b'code": "', b"\xc3", b'\xa9", "par', b'aphrase": "no"}']
    found = tokens_of(text, [{"token": "", "bytes": list(piece), "logprob": -1} for piece in pieces])
    assert scored(text, found) == ScoredText('{"code": "é", "par'.encode(), -4.0)
    assert scored(text, ()) is None and scored("No code.", found) is None


ONE = {"token": "no", "logprob": -1}
BAD: list[Any] = [
    None,
    "n",
    [3],
    [{"token": "no"}],
    [{"logprob": -1}],
    [{**ONE, "token": "n"}],
    [{**ONE, "bytes": [300]}],
]
BAD += [[{**ONE, "logprob": logprob}] for logprob in (math.nan, 0.5, True, -math.inf, "-1")]


@pytest.mark.parametrize("told", BAD, ids=repr)
def test_tokens_that_are_none(told: Any) -> None:
    assert tokens_of("no", told) == ()
